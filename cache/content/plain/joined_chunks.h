// The bytes of a range, out of chunks that are here.
//
//   threads  as chunk_here
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "cache/content/content.h"

namespace esofs::cache {

// chunk_here(index) returns a Chunk; null: it is not here. nullopt: a byte of the range is missing. Each chunk counts as a hit.
template <class ChunkHere>
std::optional<Bytes> joined_chunks(ContentParts& parts, std::uint64_t offset, std::uint64_t end,
                                   const ChunkHere& chunk_here) {
  Bytes bytes;
  bytes.reserve(end - offset);
  while (offset < end) {
    const auto chunk = chunk_here(offset / kChunkBytes);
    const std::uint64_t inside = offset % kChunkBytes;
    if (!chunk || chunk->size() <= inside) return std::nullopt;
    const std::uint64_t count = std::min<std::uint64_t>(chunk->size() - inside, end - offset);
    const auto from = chunk->begin() + static_cast<std::ptrdiff_t>(inside);
    bytes.insert(bytes.end(), from, from + static_cast<std::ptrdiff_t>(count));
    offset += count;
    ++parts.counters.hits;
  }
  return bytes;
}

}  // namespace esofs::cache
