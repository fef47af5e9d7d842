// Attempts: what was tried for each query since its last snapshot, kept in the store over restarts, or in memory while the
// store fails.
//
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <functional>
#include <mutex>
#include <unordered_map>

#include "cache/listings/query_key.h"
#include "cache/store/metadata_store.h"
#include "cache/store/records.h"

namespace esofs::cache {

class Attempts {
 public:
  explicit Attempts(MetadataStore& store) : store_(store) {}

  AttemptRecord get(const QueryKey& query);
  // Changes of one query happen one after the other.
  void update(const QueryKey& query, const std::function<void(AttemptRecord&)>& change);
  void erase(const QueryKey& query);
  // The record of the query was written together with other things.
  void written(const QueryKey& query);

 private:
  AttemptRecord read(const QueryKey& query);  // REQUIRES: mutex_ held.

  MetadataStore& store_;  // a leaf: it calls nobody back, and so may be called with the lock held
  std::mutex mutex_;
  std::unordered_map<QueryKey, AttemptRecord> unwritten_;  // guarded by mutex_
};

}  // namespace esofs::cache
