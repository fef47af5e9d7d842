// DataLinkService: /datalink/links, what belongs to a dataset: itself, cutouts, previews, ancillary files, origins.
//
//   shapes   ESO's eleven columns; lengths of 1000000, 500000 and 10000 are placeholders, as at ESO
//   errors   an unknown id is a row with error_message "NotFoundFault: …" in an answer of HTTP 200
//   threads  thread-safe
//   source   DataLink 1.0; client/ESO.md, "DataLink"
#pragma once

#include <httplib.h>

#include <functional>
#include <memory>
#include <string>

#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"

namespace esofs::sim {

class DataLinkService {
 public:
  DataLinkService(std::shared_ptr<const Holdings> holdings, std::string base_url)
      : holdings_(std::move(holdings)), base_url_(std::move(base_url)) {}

  // Whether an id is hidden from the caller; empty: no id is hidden.
  using Hidden = std::function<bool(const std::string& id)>;
  // GET and POST; parameters ID, RESPONSEFORMAT, EXCLUDE, INCLUDE, eso_download.
  Answer answer(const httplib::Request& request, const Hidden& hidden) const;

 private:
  std::shared_ptr<const Holdings> holdings_;
  std::string base_url_;
};

}  // namespace esofs::sim
