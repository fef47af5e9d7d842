// CallerFiles: the files of datasets as each user of the machine may have them, where everybody brings a login of their own
// (-o identity=caller). The tree itself, its names and its listings, are one for all, and asked for as nobody.
//
//   errors   as FileCache::open; EACCES says what the user can do
//   threads  thread-safe; nothing waits on the caller's thread (client/base/ask.h)
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "cache/content/file_cache.h"
#include "client/base/ask.h"
#include "client/model/model.h"

namespace esofs::fs {

class CallerFiles {
 public:
  virtual ~CallerFiles() = default;
  // Files that took rights took those of `user`, and are not restricted() for that reason.
  virtual Cancel open(uid_t user, const client::Dataset& dataset, cache::Form form,
                      Done<std::shared_ptr<cache::OpenFile>> done) = 0;
  // The exact size, where somebody's rights were needed to learn it; it is no secret. From memory and LMDB.
  virtual std::optional<std::uint64_t> known_size(const client::Dataset& dataset, cache::Form form) = 0;
};

}  // namespace esofs::fs
