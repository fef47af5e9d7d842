// SodaService: cutouts, computed when they are asked for.
//
//   shapes   ESO's sync service, and those that the other forms of CutoutOffer describe, two of them async by UWS.
//            No two answers are alike: DATE and CHECKSUM change with every one. Ranges are ignored
//   errors   204 where no pixel is inside; else text/plain: 400 "UsageError: …", "MultiValuedParamNotSupported: …",
//            404 for unknown identifiers, 401 for proprietary files without rights
//   threads  thread-safe
//   source   SODA 1.0; client/ESO.md, "Cutouts"
#pragma once

#include <httplib.h>

#include <memory>
#include <optional>
#include <string>

#include "tests/sim/faults.h"
#include "tests/sim/holdings.h"
#include "tests/sim/http_server.h"

namespace esofs::sim {

class SodaService {
 public:
  static std::unique_ptr<SodaService> make(std::shared_ptr<const Holdings> holdings,
                                           const std::string& base_url);
  virtual ~SodaService() = default;

  // nullopt: the path is none of its services.
  virtual std::optional<Answer> answer(const httplib::Request& request, const Effect& effect) = 0;
  // {"job_delay_ms": N}: jobs take so long; {"growing": true}: each cutout is 2880 bytes longer than the last one.
  // "" or what is wrong.
  virtual std::string handle_knobs(const std::string& json) = 0;
  virtual void stop() = 0;  // answers that wait for jobs end
};

}  // namespace esofs::sim
