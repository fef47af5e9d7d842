// Inode numbers of files, as mounts give them: any of 62 bits.
//
//   threads  pure functions
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "client/base/hash.h"
#include "client/model/model.h"

namespace esofs::tests {

inline std::uint64_t number_of_id(const std::string& id) { return mixed(fnv1a(id)) >> 2U; }
inline std::uint64_t number_of(const client::Dataset& dataset) { return number_of_id(dataset.id); }

inline std::vector<std::string> by_number(std::vector<std::string> ids) {
  std::sort(ids.begin(), ids.end(),
            [](const auto& a, const auto& b) { return number_of_id(a) < number_of_id(b); });
  return ids;
}

}  // namespace esofs::tests
