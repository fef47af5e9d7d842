#include "cache/content/file_cache.h"

namespace esofs::cache {

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
