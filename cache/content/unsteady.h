// UnsteadyFiles: files whose version was another a moment later, as behind mirrors that make their ETags themselves. Ranges of
// such a file cannot be put together: for an hour it is taken in one answer.
//
//   shapes   times are seconds since 1970
//   threads  thread-safe
#pragma once

#include <cstdint>
#include <map>

#include "cache/content/disk/content_key.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class UnsteadyFiles {
 public:
  // The version that was seen at `looked_at` has turned out to be another.
  void note(const FileId& id, std::int64_t looked_at, std::int64_t now);
  bool contains(const FileId& id, std::int64_t now);

 private:
  Guarded<std::map<FileId, std::int64_t>> until_;
};

}  // namespace esofs::cache
