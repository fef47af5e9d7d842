#include "cache/content/pending_read.h"

#include <cerrno>
#include <cstring>
#include <utility>

namespace esofs::cache {

PendingRead::PendingRead(std::uint64_t offset, std::size_t size, Done<Bytes> done)
    : offset_(offset),
      size_(size),
      cause_(done.cause()),
      chunks_(static_cast<std::size_t>(end() - first())),
      missing_(end() - first()),
      done_(std::move(done)) {}

Bytes PendingRead::joined(const std::vector<Chunk>& chunks) const {
  Bytes bytes;
  bytes.reserve(size_);
  std::uint64_t at = offset_;
  const std::uint64_t stop = offset_ + size_;
  for (const auto& chunk : chunks) {
    const std::uint64_t inside = at % kChunkBytes;
    const std::uint64_t count = std::min(kChunkBytes - inside, stop - at);
    if (inside + count > chunk->size()) break;
    const auto from = chunk->begin() + static_cast<std::ptrdiff_t>(inside);
    bytes.insert(bytes.end(), from, from + static_cast<std::ptrdiff_t>(count));
    at += count;
  }
  return bytes;
}

void PendingRead::give(std::uint64_t index, Chunk chunk) {
  std::vector<Chunk> chunks;
  Done<Bytes> done;
  {
    const std::lock_guard lock(mutex_);
    if (!done_) return;
    chunks_[static_cast<std::size_t>(index - first())] = std::move(chunk);
    if (--missing_ > 0) return;
    chunks.swap(chunks_);
    done = std::exchange(done_, nullptr);
  }
  Bytes bytes = joined(chunks);
  if (bytes.size() != size_) return done(Error(EIO, "a chunk of the cache is too short"));
  done(std::move(bytes));
}

bool PendingRead::fail(const Error& error) {
  std::vector<Chunk> chunks;
  Done<Bytes> done;
  {
    const std::lock_guard lock(mutex_);
    if (!done_) return false;
    chunks.swap(chunks_);
    done = std::exchange(done_, nullptr);
  }
  done(error);
  return true;
}

}  // namespace esofs::cache
