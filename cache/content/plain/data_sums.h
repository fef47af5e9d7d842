// DataSums: compares the data of HDUs that is made in pieces, in any order, with the DATASUM of their headers.
//
//   errors   of the last group of an HDU: ESTALE if its pixels have another sum than its header says, which counted as true until
//            then; EIO if data that was copied does not have its sum
//   threads  thread-safe
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "cache/content/forms/plain_parts.h"
#include "client/base/guarded.h"
#include "client/base/result.h"

namespace esofs::cache {

class DataSums {
 public:
  // A group of HDU `index` was made; one that was made again counts once.
  Result<void> add(const PlainPart& part, std::size_t index, std::uint64_t group,
                   std::span<const std::byte> bytes);

 private:
  struct Sum {
    std::vector<bool> added;  // groups
    std::uint64_t count = 0;
    std::uint32_t sum = 0;
  };
  Guarded<std::map<std::size_t, Sum>> sums_;  // by HDU
};

}  // namespace esofs::cache
