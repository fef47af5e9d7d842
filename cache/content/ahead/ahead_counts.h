// AheadCounts: what became of what was asked for ahead of readers, over all files of a cache.
//
//   units    bytes, in whole chunks
//   threads  thread-safe
#pragma once

#include <atomic>
#include <cstdint>

namespace esofs::cache {

struct AheadCounts {
  std::atomic<std::uint64_t> asked = 0;    // from the archive, before anybody waited for it
  std::atomic<std::uint64_t> used = 0;     // of that, what a program then read
  std::atomic<std::uint64_t> dropped = 0;  // stopped before it came, or not read before the file was closed
};

}  // namespace esofs::cache
