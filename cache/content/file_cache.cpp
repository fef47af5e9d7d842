#include "cache/content/file_cache.h"

#include <cerrno>
#include <utility>

#include "cache/content/file_cache_core.h"

namespace esofs::cache {

Result<std::shared_ptr<FileCache>> FileCache::create(Config config, client::Archive& archive,
                                                     MetadataStore& store, Catalog& catalog,
                                                     Lane& transfers) {
  if (config.directory.empty()) return Error(EINVAL, "the cache needs a directory");
  if (config.memory_bytes < 8 * kChunkBytes)
    return Error(EINVAL, "the cache needs at least 512 KiB of memory");
  const bool sweep = config.sweep;
  const auto core = std::make_shared<FileCacheCore>(std::move(config), archive, store, catalog, transfers);
  core->begin();
  if (sweep) core->sweep();
  // The last user ends it; jobs and continuations may keep the object a little longer.
  return std::shared_ptr<FileCache>(static_cast<FileCache*>(core.get()), [core](FileCache*) { core->end(); });
}

void FileCache::Usage::add_done(const Usage& more) {
  hits += more.hits;
  misses += more.misses;
  fetched_bytes += more.fetched_bytes;
  requests += more.requests;
  resumed += more.resumed;
  ahead_asked += more.ahead_asked;
  ahead_used += more.ahead_used;
  ahead_dropped += more.ahead_dropped;
  evicted.for_quota += more.evicted.for_quota;
  evicted.for_room += more.evicted.for_room;
}

}  // namespace esofs::cache
