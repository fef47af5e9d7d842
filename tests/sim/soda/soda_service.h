// SodaService: cutouts, computed when they are asked for.
//
//   shapes   ESO's sync service, and the services of the other forms of CutoutOffer, two of them async by UWS.
//            DATE and CHECKSUM differ in every answer. Ranges are ignored
//   errors   204 if no pixel is inside; else text/plain: 400 "UsageError: …", "MultiValuedParamNotSupported: …",
//            404 for unknown identifiers, 401 for proprietary files without access
//   threads  thread-safe
//   source   SODA 1.0; client/ESO.md, "Cutouts"
#pragma once

#include <httplib.h>

#include <memory>
#include <optional>
#include <string>

#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"
#include "tests/sim/knobs/faults.h"

namespace esofs::sim {

class SodaService {
 public:
  static std::unique_ptr<SodaService> make(std::shared_ptr<const Holdings> holdings,
                                           const std::string& base_url);
  virtual ~SodaService() = default;

  // nullopt: none of its services has this path.
  virtual std::optional<Answer> answer(const httplib::Request& request, const Effect& effect) = 0;
  // {"job_delay_ms": N}: jobs take N ms; {"growing": true}: each cutout is 2880 bytes longer than the last one.
  // Returns "" or what is wrong with it.
  virtual std::string handle_knobs(const std::string& json) = 0;
  virtual void stop() = 0;  // ends answers that wait for jobs
};

}  // namespace esofs::sim
