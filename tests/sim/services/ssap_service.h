// SsapService: Simple Spectral Access 1.1 over the rows of dbo.ssa.
//
//   shapes   GET /ssap?REQUEST=queryData&POS=ra,dec&SIZE=diameter…; the answer is always a VOTable, errors have HTTP 200
//   threads  thread-safe
//   source   SSA 1.1 sections 4 and 7; columns: client/ESO.md, "SSAP"; ESO's
//            answers are not recorded, so all else is the standard's
#pragma once

#include <memory>
#include <string>

#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"
#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim {

class SsapService {
 public:
  explicit SsapService(std::shared_ptr<const Holdings> holdings)
      : holdings_(std::move(holdings)), schema_(tap::make_obs_schema()) {}

  Answer answer(const httplib::Request& request) const;

 private:
  const std::shared_ptr<const Holdings> holdings_;
  const tap::Schema schema_;
};

}  // namespace esofs::sim
