#include "cache/content/ahead/strides.h"

#include <algorithm>

#include "cache/content/disk/chunk.h"

namespace esofs::cache {
namespace {

constexpr std::uint64_t kPage =
    4096;  // the kernel reads from the beginning of a page: jumps of one length differ by that
constexpr std::uint64_t kMostAhead = 16;
constexpr std::uint64_t kSure = 3;  // from this many equal jumps in a row on, the reads are of whole pages

}  // namespace

std::vector<client::ByteRange> Strides::jumped(std::uint64_t offset, std::uint64_t size,
                                               std::uint64_t file_size) {
  const std::uint64_t jump = offset > last_ ? offset - last_ : 0;
  const bool same = jumps_ > 0 && jump + kPage >= step_ && jump <= step_ + kPage;
  last_ = offset;
  if (!same) {
    // The first jump may be another than the rest: from before the header in front of the first extension.
    first_ = offset;
    jumps_ = jump > 0 ? 1 : 0;
    step_ = jump;
    size_ = size;
    told_ = offset;
    return {};
  }
  equal_ = jump == jump_ ? equal_ + 1 : 1;
  jump_ = jump;
  step_ = (offset - first_) / jumps_++;
  size_ = std::min(size_, size);
  // Of a small read the kernel has made more than was wanted: one chunk is worth a guess, two are not.
  const bool small = size_ < kChunkBytes;
  const std::uint64_t wanted = small ? kPage : size_;
  const bool rounded = offset % kPage == 0 && equal_ < kSure;
  const std::uint64_t unsure = rounded ? 2 * kPage : 0;
  std::vector<client::ByteRange> expected;
  for (std::uint64_t i = 1; i <= std::min(jumps_, kMostAhead); ++i) {
    const std::uint64_t at = offset + i * step_;
    if (at >= file_size) break;
    if (at <= told_ + step_ / 2) continue;
    told_ = at;
    if (small && (at - unsure) / kChunkBytes != (at + wanted + unsure - 1) / kChunkBytes) continue;
    expected.push_back({at, std::min(wanted, file_size - at)});
  }
  return expected;
}

}  // namespace esofs::cache
