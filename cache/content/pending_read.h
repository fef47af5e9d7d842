// PendingRead: one read of a file, answered when the last of its chunks has come, or with the first failure.
//
//   threads  thread-safe; the answer is given once, on the thread that brings the last chunk, with no lock held
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "cache/content/disk/chunk.h"
#include "client/base/ask.h"

namespace esofs::cache {

class PendingRead {
 public:
  // REQUIRES: size > 0, and [offset, offset + size) lies within the file.
  PendingRead(std::uint64_t offset, std::size_t size, Done<Bytes> done);

  const Cause& cause() const noexcept { return cause_; }
  // Its chunks are [first(), end()).
  std::uint64_t first() const noexcept { return offset_ / kChunkBytes; }
  std::uint64_t end() const noexcept { return chunk_count(offset_ + size_); }

  // REQUIRES: first() <= index < end(); each index once.
  void give(std::uint64_t index, Chunk chunk);
  // False if it has been answered already.
  bool fail(const Error& error);

 private:
  Bytes joined(const std::vector<Chunk>& chunks) const;

  const std::uint64_t offset_;
  const std::size_t size_;
  const Cause cause_;
  std::mutex mutex_;
  std::vector<Chunk> chunks_;  // this and what follows: guarded by mutex_
  std::uint64_t missing_;
  Done<Bytes> done_;  // empty: answered
};

}  // namespace esofs::cache
