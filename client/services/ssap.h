// Ssap: a search for spectra on a Simple Spectral Access service, its answer is streamed to a TableSink, like that of a query.
//
//   shapes   the text of such a query is the parameters as they stand in a URL, values percent-encoded:
//            "REQUEST=queryData&POS=10.68,41.27&SIZE=0.2" (SIZE is a diameter, in degrees); MAXREC is added
//   errors   EINVAL: the text is no list of parameters, or the service refused it by QUERY_STATUS; else as Tap
//   threads  thread-safe
//   source   SSA 1.1 sections 4 and 7, DALI 1.1 section 4.4; client/ESO.md, "SSAP"
#pragma once

#include <string>

#include "client/http/http.h"
#include "client/model/requests.h"
#include "client/services/tap_limits.h"

namespace esofs::client {

// The name under which a QueryRequest, and the directive `-- service:`, mean the SSAP of the profile.
inline constexpr const char* kSsapService = "ssap";

class Ssap {
 public:
  // url: the service; "" if the archive has none. http outlives it.
  Ssap(HttpClient& http, std::string url) : http_(http), url_(std::move(url)), limits_(http) {}

  // request.adql: the parameters.
  Result<QuerySummary> query(const QueryRequest& request, TableSink& sink, Lane::Turn& turn) const;

 private:
  // Without parameters: its capabilities are below it.
  std::string service_url() const;

  HttpClient& http_;
  const std::string url_;
  const TapLimits limits_;
};

}  // namespace esofs::client
