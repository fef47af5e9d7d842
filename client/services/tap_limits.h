// TapLimits: the most rows that TAP and SSA services return, from their capabilities. A service that stops at its limit does not
// always say so (OVERFLOW), whatever MAXREC asks for.
//
//   errors   a service that states no limits, or cannot be reached, has none
//   threads  thread-safe; may block for a request, one for each service
//   source   TAPRegExt 1.0 section 2.6 (outputLimit), SimpleDALRegExt 1.1 section 3.3 (maxRecords), VOSI 1.1 section 3
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/base/guarded.h"
#include "client/base/lane.h"
#include "client/http/http.h"

namespace esofs::client {

// The row limits (default and hard) of a TAP or SSA service in a VOSI capabilities document.
std::vector<std::uint64_t> row_limits(const std::string& capabilities);

class TapLimits {
 public:
  // http outlives it.
  explicit TapLimits(HttpClient& http) : http_(http) {}

  // True if `rows`, the number of rows in an answer that does not say OVERFLOW, is a limit of the service at `url`, or, if the
  // service states none, looks like one (whole thousands). The service is asked only about round numbers.
  bool stopped(const std::string& url, std::uint64_t rows, Lane::Turn& turn) const;

 private:
  std::optional<std::vector<std::uint64_t>> limits(const std::string& url, Lane::Turn& turn) const;

  HttpClient& http_;
  mutable Guarded<std::map<std::string, std::vector<std::uint64_t>>> known_;  // by URL; empty: it states none
};

}  // namespace esofs::client
