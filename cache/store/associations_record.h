// AssociationsRecord: what the archive said of the calibrations of one observation, and when.
#pragma once

#include <cstdint>
#include <string>

#include "client/services/associations.h"

namespace esofs::cache {

struct AssociationsRecord {
  std::int64_t fetched_at = 0;
  std::string url;  // that was asked
  client::Associations value;
};

}  // namespace esofs::cache
