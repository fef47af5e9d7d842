// Strides: predicts from the jumps of a reader where it will land next: on the headers of extensions of equal size, or on one
// pixel of every plane of a cube.
//
//   units    bytes
//   threads  not thread-safe
#pragma once

#include <cstdint>
#include <vector>

#include "client/model/model.h"

namespace esofs::cache {

class Strides {
 public:
  // Notes a read that does not continue another. Returns the next expected places that were not returned before, in order:
  // after n jumps of one length, n places, at most 16. For small reads one chunk each, if it is clear which.
  std::vector<client::ByteRange> jumped(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size);

 private:
  std::uint64_t first_ = 0;  // where the first of the jumps of one length landed
  std::uint64_t last_ = 0;
  std::uint64_t jumps_ = 0;  // of one length, so far
  std::uint64_t step_ = 0;   // their length
  std::uint64_t jump_ = 0;   // the last one
  std::uint64_t equal_ = 0;  // this many like it in a row
  std::uint64_t told_ = 0;   // the farthest place returned
  std::uint64_t size_ = 0;   // of the smallest of their reads
};

}  // namespace esofs::cache
