// Tail: the last chunk of a file that is being opened. It is requested beside the first one if the size is announced.
//
//   threads  not thread-safe
#pragma once

#include <cstdint>
#include <memory>

#include "cache/content/cached_file.h"
#include "cache/content/disk/chunk.h"
#include "client/model/model.h"

namespace esofs::cache {

struct Tail {
  std::uint64_t total = 0;  // as announced
  bool ended = false;
  std::shared_ptr<Bytes> bytes;  // null: failed
  client::FileHead head;
  std::shared_ptr<CachedFile> file;  // whose readers wait for it

  std::uint64_t index() const { return chunk_count(total) - 1; }
};

}  // namespace esofs::cache
