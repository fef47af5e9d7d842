// Chunk: the unit in which content is verified, kept and passed on. 64 KiB is the cost of reading a FITS header, and half of
// the kernel's usual READ.
//
//   shapes   chunk i of a content holds bytes [i * kChunkBytes, (i + 1) * kChunkBytes); the last one is shorter
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace esofs::cache {

using Bytes = std::vector<std::byte>;
using Chunk = std::shared_ptr<const Bytes>;
using ChunkBytes = std::span<const std::byte>;

constexpr std::uint64_t kChunkBytes = 64ULL << 10U;

// Number of chunks of a content of `size` bytes.
constexpr std::uint64_t chunk_count(std::uint64_t size) { return (size + kChunkBytes - 1) / kChunkBytes; }

// Size of chunk `index` of a content of `size` bytes. REQUIRES: index < chunk_count(size).
constexpr std::size_t chunk_size(std::uint64_t size, std::uint64_t index) {
  return static_cast<std::size_t>(std::min(kChunkBytes, size - index * kChunkBytes));
}

}  // namespace esofs::cache
