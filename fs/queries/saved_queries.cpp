#include "fs/queries/saved_queries.h"

#include <algorithm>
#include <cerrno>

#include "fs/tree/names.h"

namespace esofs::fs {

SavedQueries::SavedQueries(std::unique_ptr<const TextStore> store, std::function<std::int64_t()> now,
                           cache::QuerySpec defaults, TextFolder folder)
    : store_(std::move(store)),
      now_(std::move(now)),
      defaults_(std::move(defaults)),
      folder_(std::move(folder)) {}

std::vector<QueryDirectoryPtr> SavedQueries::known() {
  if (!taken_up_) (void)list();
  return in_memory();
}

std::vector<QueryDirectoryPtr> SavedQueries::in_memory() const {
  std::vector<QueryDirectoryPtr> all;
  auto queries = queries_.lock();
  all.reserve(queries->size());
  for (const auto& [name, query] : *queries) all.push_back(query);
  return all;
}

std::vector<cache::QuerySpec> SavedQueries::questions() {
  std::vector<cache::QuerySpec> all;
  for (const auto& query : known()) {
    auto spec = query->spec();
    if (spec && !spec->adql.empty()) all.push_back(*std::move(spec));
  }
  return all;
}

std::string SavedQueries::free_identity(const std::string& name) {
  std::string kind = folder_.listed ? "query:" : "query:" + folder_.path + "/";
  if (folder_.owner) kind += "@" + std::to_string(*folder_.owner) + "/";  // no name begins with this
  std::string identity = kind + name;
  auto given = identities_.lock();
  for (int i = 2; !given->insert(identity).second; ++i) identity = kind + name + "#" + std::to_string(i);
  return identity;
}

Result<QueryDirectoryPtr> SavedQueries::take_up(const std::string& name) {
  QueryDirectoryPtr query = peek(name);
  if (query) return renew(name, query);
  auto time = store_->mtime_ns(name);
  if (!time && time.error().code() == ENOENT) return QueryDirectoryPtr();
  if (!time) return time.error();
  if (folder_.budget && folder_.budget->used_up())
    return Error(EDQUOT, folder_.path + ": the texts are too large together to show " + name);
  auto saved = store_->load(name);
  if (!saved) return saved.error();
  auto fresh = std::make_shared<QueryDirectory>(free_identity(name), name, *this, now_, defaults_, folder_);
  fresh->adopt(*saved);
  query = queries_.lock()->emplace(name, std::move(fresh)).first->second;
  return renew(name, query);  // somebody else may have been faster
}

// Takes up what another mount has made of a query that is known.
Result<QueryDirectoryPtr> SavedQueries::renew(const std::string& name, const QueryDirectoryPtr& query) {
  const auto unchanged = [&](const Result<std::int64_t>& time) {
    if (!time) return false;
    const std::int64_t positions = folder_.listed ? store_->positions_ns(name) : 0;
    auto state = query->state_.lock();
    return state->query.ns == *time && state->positions.ns == positions;
  };
  if (unchanged(store_->mtime_ns(name))) return query;
  std::unique_lock saving(query->saving_);  // what is under way here would look like another mount's work
  if (query->removed() || query->name() != name) {
    saving.unlock();
    return take_up(name);
  }
  const auto time = store_->mtime_ns(name);
  if (!time && time.error().code() == ENOENT) {
    queries_.lock()->erase(name);  // another mount has removed it
    query->state_.lock()->removed = true;
    return QueryDirectoryPtr();
  }
  if (!time) return time.error();
  if (unchanged(time)) return query;
  auto saved = store_->load(name);
  if (!saved) return saved.error();
  query->adopt(*saved);
  return query;
}

Result<std::vector<QueryDirectoryPtr>> SavedQueries::list() {
  auto names = store_->names();
  if (!names) return names.error();
  if (folder_.most != 0 && names->size() > folder_.most) names->resize(folder_.most);
  std::vector<QueryDirectoryPtr> all;
  for (const std::string& name : *names) {
    auto query = take_up(name);
    if (query && *query) all.push_back(*query);
  }
  taken_up_ = true;
  return all;
}

QueryDirectoryPtr SavedQueries::peek(const std::string& name) const {
  auto queries = queries_.lock();
  const auto found = queries->find(name);
  return found == queries->end() ? nullptr : found->second;
}

Result<QueryDirectoryPtr> SavedQueries::find(const std::string& name) {
  if (!check_query_name(name)) return QueryDirectoryPtr();
  return take_up(name);
}

Result<QueryDirectoryPtr> SavedQueries::make(const std::string& name) {
  if (auto good = check_query_name(name); !good) return good.error();
  auto there = take_up(name);
  if (!there) return there.error();
  if (*there) return Error(EEXIST, folder_.path + "/" + name + " exists");
  if (folder_.most != 0 && known().size() >= folder_.most)
    return Error(EDQUOT, folder_.path + " holds " + std::to_string(folder_.most) +
                             " directories of yours, which are the most; remove one first");
  if (auto old = store_->remove_positions(name); !old)
    return old.error();  // of a query that was removed by hand
  auto saved = store_->save(name, "", 0);
  if (!saved && saved.error().code() == EAGAIN) return Error(EEXIST, folder_.path + "/" + name + " exists");
  if (!saved) return saved.error();
  return take_up(name);
}

Result<QueryDirectoryPtr> SavedQueries::remove(const std::string& name) {
  auto query = find(name);
  if (!query) return query.error();
  if (!*query) return Error(ENOENT, "there is no query " + name);
  const std::scoped_lock saving((*query)->saving_);
  if ((*query)->removed() || (*query)->name() != name) return Error(ENOENT, "there is no query " + name);
  if (auto removed = store_->remove(name); !removed) return removed.error();
  queries_.lock()->erase(name);
  (*query)->state_.lock()->removed = true;
  return query;
}

Result<void> SavedQueries::rename(const std::string& from, const std::string& to) {
  if (auto good = check_query_name(to); !good) return good.error();
  auto query = find(from);
  if (!query) return query.error();
  if (!*query) return Error(ENOENT, "there is no query " + from);
  auto there = find(to);
  if (!there) return there.error();
  if (*there) return Error(ENOTEMPTY, "there is a query " + to + " already");
  const std::scoped_lock saving((*query)->saving_);
  if ((*query)->removed() || (*query)->name() != from) return Error(ENOENT, "there is no query " + from);
  // From here on both names lead to it, so that nobody makes a second one of either.
  if (!queries_.lock()->emplace(to, *query).second)
    return Error(ENOTEMPTY, "there is a query " + to + " already");
  auto renamed = store_->rename(from, to);
  if (renamed) (*query)->state_.lock()->name = to;
  queries_.lock()->erase(renamed ? from : to);
  return renamed;
}

bool SavedQueries::asks(const cache::QuerySpec& spec, const QueryDirectory* but) const {
  const auto all = in_memory();
  return std::any_of(all.begin(), all.end(), [&](const auto& query) {
    if (query.get() == but) return false;
    const auto other = query->spec();
    return other && same_question(*other, spec);
  });
}

bool SavedQueries::asked_by_another(const cache::QuerySpec& spec, const QueryDirectory& but) {
  if (!taken_up_) (void)list();
  return asks(spec, &but) || (folder_.asked_elsewhere && folder_.asked_elsewhere(spec));
}

}  // namespace esofs::fs
