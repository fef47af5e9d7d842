// UnsteadyFiles: files whose version was another a moment later, as behind mirrors that make their ETags themselves. Ranges of
// such a file cannot be put together: for an hour it is taken in one answer. A server that stops telling versions may go on
// without them, so the file is opened in ranges once more before that.
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
  // The version that was told is told no more.
  void note_unknown(const FileId& id, std::int64_t now);
  bool contains(const FileId& id, std::int64_t now);

 private:
  Guarded<std::map<FileId, std::int64_t>> until_;
  Guarded<std::map<FileId, std::int64_t>> unknown_until_;  // for so long, the next time counts
};

}  // namespace esofs::cache
