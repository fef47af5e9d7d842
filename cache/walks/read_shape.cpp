#include "cache/walks/read_shape.h"

#include <algorithm>
#include <iterator>

#include "cache/content/disk/chunk.h"

namespace esofs::cache {

void ReadShape::read(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size) {
  if (size == 0 || offset >= file_size || whole_) return;
  const std::uint64_t first = offset / kChunkBytes;
  const std::uint64_t end = chunk_count(std::min(offset + size, file_size));
  if (first <= from_start_) {
    from_start_ = std::max(from_start_, end);
  } else {
    for (std::uint64_t i = first; i < end && apart_.size() < kMostApart; ++i) apart_.insert(i);
  }
  while (apart_.contains(from_start_)) ++from_start_;
  apart_.erase(apart_.begin(), apart_.lower_bound(from_start_));
  whole_ = from_start_ >= chunk_count(file_size);
}

bool ReadShape::head_and_tail(std::uint64_t file_size) const {
  const std::uint64_t last = chunk_count(file_size) - 1;
  return !whole_ && from_start_ <= 1 && (apart_.empty() || (apart_.size() == 1 && *apart_.begin() == last));
}

std::vector<client::ByteRange> ReadShape::ranges(std::uint64_t file_size) const {
  std::vector<client::ByteRange> ranges;
  const auto add = [&](std::uint64_t first, std::uint64_t end) {
    const std::uint64_t begin = first * kChunkBytes;
    if (begin < file_size && end > first)
      ranges.push_back({begin, std::min(end * kChunkBytes, file_size) - begin});
  };
  add(0, whole_ ? chunk_count(file_size) : from_start_);
  if (whole_) return ranges;
  for (const std::uint64_t chunk : apart_) add(chunk, chunk + 1);
  return ranges;
}

ReadShape ReadShape::common(const ReadShape& other) const {
  ReadShape both;
  both.whole_ = whole_ && other.whole_;
  both.from_start_ = std::min(from_start_, other.from_start_);
  std::set_intersection(apart_.begin(), apart_.end(), other.apart_.begin(), other.apart_.end(),
                        std::inserter(both.apart_, both.apart_.end()));
  return both;
}

}  // namespace esofs::cache
