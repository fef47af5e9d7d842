// ChunkPieces: the chunks of a content that is made in pieces of any place and size. What fills a chunk is kept as one; of chunks
// that are begun a few are held in memory.
//
//   errors   none: what finds no room is not kept, and is made again
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "cache/content/content.h"
#include "cache/content/plain/scratch_chunks.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class ChunkPieces {
 public:
  ChunkPieces(std::shared_ptr<ContentParts> parts, ContentKey key, const std::filesystem::path& scratch)
      : parts_(std::move(parts)), key_(std::move(key)), kept_(scratch) {}

  // Null if it is not here as a whole. total: the size of the content.
  Chunk chunk(std::uint64_t index, std::uint64_t total);
  // Copies bytes of a chunk that is begun, beginning at `offset` of the content. False: some are not here.
  bool copy(std::uint64_t offset, std::span<std::byte> to);
  void put(std::uint64_t offset, std::span<const std::byte> piece, std::uint64_t total);
  // Drops the chunks that are begun.
  void drop_begun();

 private:
  struct Begun {
    std::shared_ptr<Bytes> bytes;
    std::vector<std::pair<std::size_t, std::size_t>> runs;  // that are here, in order, not touching
    std::uint64_t used = 0;                                 // when, in puts
  };
  struct State {
    std::map<std::uint64_t, Begun> begun;
    std::uint64_t puts = 0;
  };

  Chunk grown(std::uint64_t index, std::size_t size, std::size_t at, std::span<const std::byte> piece);
  void keep(std::uint64_t index, const Chunk& chunk);

  const std::shared_ptr<ContentParts> parts_;
  const ContentKey key_;
  ScratchChunks kept_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
