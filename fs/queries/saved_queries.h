// SavedQueries: what lies in queries/ (and, for drafts of jobs, in jobs/SERVICE/), apart from what the archive answers.
//
//   errors   of QueryStore; EINVAL for a name that is no query name; EEXIST, ENOENT, ENOTEMPTY as in POSIX
//   threads  thread-safe. Blocks on the local disk only. Its lock is never held together with another
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "client/base/guarded.h"
#include "client/base/result.h"
#include "fs/datasets/known_queries.h"
#include "fs/queries/query_directory.h"
#include "fs/queries/text_store.h"

namespace esofs::fs {

class SavedQueries : public KnownQueries {
 public:
  // defaults: what a query has without directives of its own.
  SavedQueries(std::unique_ptr<const TextStore> store, std::function<std::int64_t()> now,
               cache::QuerySpec defaults = {}, TextFolder folder = {});

  const TextFolder& folder() const noexcept { return folder_; }

  // All queries, by name; reads the store's directory again, for other mounts may have changed it.
  Result<std::vector<QueryDirectoryPtr>> list();
  // Those that are known already; the first call takes up what earlier mounts have saved, later ones read no disk.
  std::vector<QueryDirectoryPtr> known();
  // Those that are known already; reads no disk.
  std::vector<QueryDirectoryPtr> in_memory() const;
  std::vector<cache::QuerySpec> questions() override;
  // As find(), of those that are known already; reads no disk.
  QueryDirectoryPtr peek(const std::string& name) const;
  // nullptr: no such query. Takes up what another mount has saved.
  Result<QueryDirectoryPtr> find(const std::string& name);
  Result<QueryDirectoryPtr> make(const std::string& name);
  Result<QueryDirectoryPtr> remove(const std::string& name);  // returns what was removed; ENOENT
  Result<void> rename(const std::string& from, const std::string& to);
  // True if a query other than `but` asks what `spec` asks.
  bool asked_by_another(const cache::QuerySpec& spec, const QueryDirectory& but);
  // True if a query that is known already asks it; reads no disk.
  bool asks(const cache::QuerySpec& spec, const QueryDirectory* but = nullptr) const;

 private:
  friend class QueryDirectory;
  Result<QueryDirectoryPtr> take_up(const std::string& name);
  Result<QueryDirectoryPtr> renew(const std::string& name, const QueryDirectoryPtr& query);
  std::string free_identity(const std::string& name);

  const std::unique_ptr<const TextStore> store_;
  const std::function<std::int64_t()> now_;
  const cache::QuerySpec defaults_;
  const TextFolder folder_;
  std::atomic<bool> taken_up_{false};          // list() has succeeded
  Guarded<std::set<std::string>> identities_;  // in use: a removed directory may still be open
  mutable Guarded<std::map<std::string, QueryDirectoryPtr>> queries_;
};

}  // namespace esofs::fs
