// ChunkMemory: the most recently used verified chunks of all files, up to a number of bytes.
//
//   threads  thread-safe, never blocks
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>

#include "cache/content/disk/chunk.h"
#include "cache/content/disk/content_key.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class ChunkMemory {
 public:
  explicit ChunkMemory(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  // Null if it is not here.
  Chunk get(const ContentKey& key, std::uint64_t index);
  bool has(const ContentKey& key, std::uint64_t index);
  void put(const ContentKey& key, std::uint64_t index, Chunk chunk);
  void forget(const ContentKey& key);

  std::uint64_t bytes();
  std::uint64_t most_bytes() const noexcept { return most_bytes_; }

 private:
  struct Id {
    std::array<std::uint64_t, 2> content;
    std::uint64_t index;
    friend bool operator==(const Id&, const Id&) = default;
  };
  struct HashOfId {
    std::size_t operator()(const Id& id) const noexcept {
      return id.content[0] ^ (id.index * 0x9e3779b97f4a7c15ULL);
    }
  };
  struct Entry {
    Id id;
    Chunk chunk;
  };
  struct State {
    std::list<Entry> by_use;  // latest first
    std::unordered_map<Id, std::list<Entry>::iterator, HashOfId> by_id;
    std::uint64_t bytes = 0;
  };

  const std::uint64_t most_bytes_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
