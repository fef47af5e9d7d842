// AssociationsRecord: the archive's answer about the calibrations of one observation, and its time.
#pragma once

#include <cstdint>
#include <string>

#include "client/services/associations.h"

namespace esofs::cache {

struct AssociationsRecord {
  std::int64_t fetched_at = 0;
  std::string url;  // of the request
  client::Associations value;
};

}  // namespace esofs::cache
