#include "cache/content/disk/chunk_memory.h"

#include <utility>

namespace esofs::cache {

Chunk ChunkMemory::get(const ContentKey& key, std::uint64_t index) {
  auto state = state_.lock();
  const auto at = state->by_id.find(Id{key.hash(), index});
  if (at == state->by_id.end()) return nullptr;
  state->by_use.splice(state->by_use.begin(), state->by_use, at->second);
  return at->second->chunk;
}

bool ChunkMemory::has(const ContentKey& key, std::uint64_t index) {
  return state_.lock()->by_id.contains(Id{key.hash(), index});
}

void ChunkMemory::put(const ContentKey& key, std::uint64_t index, Chunk chunk) {
  if (chunk->size() > most_bytes_) return;
  std::list<Entry> dropped;  // freed after the lock
  auto state = state_.lock();
  const Id id{key.hash(), index};
  if (state->by_id.contains(id)) return;
  state->bytes += chunk->size();
  state->by_use.push_front({id, std::move(chunk)});
  state->by_id[id] = state->by_use.begin();
  while (state->bytes > most_bytes_) {
    const auto last = std::prev(state->by_use.end());
    state->bytes -= last->chunk->size();
    state->by_id.erase(last->id);
    dropped.splice(dropped.begin(), state->by_use, last);
  }
}

void ChunkMemory::forget(const ContentKey& key) {
  std::list<Entry> dropped;
  auto state = state_.lock();
  for (auto at = state->by_use.begin(); at != state->by_use.end();) {
    const auto entry = at++;
    if (entry->id.content != key.hash()) continue;
    state->bytes -= entry->chunk->size();
    state->by_id.erase(entry->id);
    dropped.splice(dropped.begin(), state->by_use, entry);
  }
}

std::uint64_t ChunkMemory::bytes() { return state_.lock()->bytes; }

}  // namespace esofs::cache
