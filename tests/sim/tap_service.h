// TapService: TAP 1.1 with ADQL on SQLite: sync, async (UWS 1.1), VOSI, TAP_SCHEMA, every output format of ESO's server.
//
//   shapes   one service per base path ("/tap_obs", "/tap_cat")
//   threads  handle() is called by any number of threads
//   source   TAP 1.1, UWS 1.1, DALI 1.1, VOSI 1.1; ESO's recorded forms: reference/eso_services.md section 1
#pragma once

#include <httplib.h>

#include <memory>
#include <string>

#include "tests/sim/holdings.h"

namespace esofs::sim {

class TapService {
 public:
  enum class Kind { kObs, kCat };
  // public_url: "http://127.0.0.1:PORT/tap_obs", as it stands in Location headers and job documents.
  static std::unique_ptr<TapService> make(Kind kind, std::string public_url, std::shared_ptr<const Holdings> holdings);
  virtual ~TapService() = default;

  // Answers a request whose path below the base is `path` ("/sync", "/async/<id>/phase", "/capabilities", …).
  virtual void handle(const std::string& path, const httplib::Request& request, httplib::Response& response) = 0;
};

}  // namespace esofs::sim
