#include "fs/queries/saved_queries.h"

#include <algorithm>
#include <cerrno>

#include "fs/positions/position_query.h"
#include "fs/queries/saved_query.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kMostFiles = 100;  // an editor needs a handful
constexpr std::int64_t kNanoseconds = 1'000'000'000;

bool same_question(const cache::QuerySpec& a, const cache::QuerySpec& b) {
  return a.adql == b.adql && a.service == b.service && a.maxrec == b.maxrec;
}

timespec time_of(std::int64_t nanoseconds) {
  return {nanoseconds / kNanoseconds, nanoseconds % kNanoseconds};
}

}  // namespace

// --- QueryDirectory ---

QueryDirectory::QueryDirectory(std::string identity, std::string name, SavedQueries& owner,
                               std::function<std::int64_t()> now, cache::QuerySpec defaults,
                               TextFolder folder)
    : identity_(std::move(identity)),
      owner_(&owner),
      now_(std::move(now)),
      defaults_(std::move(defaults)),
      folder_(std::move(folder)) {
  state_.lock()->name = std::move(name);
}

QueryDirectory::QueryDirectory(std::string identity, std::string path, const std::string& text,
                               std::int64_t mtime, cache::QuerySpec defaults)
    : identity_(std::move(identity)),
      owner_(nullptr),
      defaults_(std::move(defaults)),
      fixed_path_(std::move(path)) {
  adopt({text, mtime * kNanoseconds, {}, 0});
}

QueryDirectory::~QueryDirectory() {
  if (owner_ != nullptr) owner_->identities_.lock()->erase(identity_);
}

std::string QueryDirectory::path() const { return is_fixed() ? fixed_path_ : folder_.path + "/" + name(); }

std::string QueryDirectory::name() const { return state_.lock()->name; }
bool QueryDirectory::removed() const { return state_.lock()->removed; }
std::int64_t QueryDirectory::mtime() const {
  auto state = state_.lock();
  return std::max(state->saved_ns, state->positions_ns) / kNanoseconds;
}
Result<cache::QuerySpec> QueryDirectory::spec() const { return state_.lock()->spec; }
bool QueryDirectory::emptied() const {
  return !is_fixed() && !state_.lock()->files.contains(std::string(kQueryFile));
}

Result<cache::QuerySpec> QueryDirectory::listed_spec() const {
  auto state = state_.lock();
  if (state->files.contains(std::string(kQueryFile))) return state->spec;
  const std::string& positions = state->positions.empty() ? state->removed_positions : state->positions;
  return spec_of(*state, positions.empty() ? nullptr : &positions);
}

std::vector<Position> QueryDirectory::positions() const {
  auto state = state_.lock();
  if (!state->spec || !state->files.contains(std::string(kPositionsFile))) return {};
  auto positions = parse_positions(state->positions);
  return positions ? *std::move(positions) : std::vector<Position>();
}

std::string QueryDirectory::adql_as_written() const {
  const auto spec = parse_saved_query(saved_text(), defaults_, folder_.services);
  return spec ? spec->adql : std::string();
}

std::optional<Error> QueryDirectory::save_error() const { return state_.lock()->save_error; }

std::optional<cache::QuerySpec> QueryDirectory::take_replaced() {
  cache::QuerySpec before;
  {
    auto state = state_.lock();
    if (!state->spec || state->spec->adql.empty() || same_question(*state->spec, state->asked))
      return std::nullopt;
    before = std::exchange(state->asked, *state->spec);
  }
  if (before.adql.empty() || !folder_.listed || !owner_ || owner_->asked_by_another(before, *this))
    return std::nullopt;
  return before;
}

std::vector<std::pair<std::string, QueryDirectory::File>> QueryDirectory::files() const {
  auto state = state_.lock();
  std::vector<std::pair<std::string, File>> files(state->files.begin(), state->files.end());
  std::stable_partition(files.begin(), files.end(),
                        [](const auto& file) { return file.first == kQueryFile; });
  return files;
}

QueryDirectory::File QueryDirectory::file(const std::string& name) const {
  auto state = state_.lock();
  auto file = state->files.find(name);
  return file == state->files.end() ? nullptr : file->second;
}

void QueryDirectory::refresh_spec(State& state) const {
  const bool positions = state.files.contains(std::string(kPositionsFile));
  state.spec = state.files.contains(std::string(kQueryFile))
                   ? spec_of(state, positions ? &state.positions : nullptr)
                   : Result<cache::QuerySpec>(cache::QuerySpec{});
}

// positions: the text of positions.csv; null: there is none.
Result<cache::QuerySpec> QueryDirectory::spec_of(const State& state, const std::string* positions) const {
  auto spec = parse_saved_query(state.saved_text, defaults_, folder_.services);
  if (!spec || spec->adql.empty() || is_fixed() || !folder_.listed) return spec;
  const bool wanted = asks_positions(spec->adql);
  if (!wanted && positions == nullptr) return spec;
  if (!wanted)
    return Error(EINVAL,
                 "positions.csv is there, but query.adql does not use it: write {ra} and {dec} where a "
                 "position belongs, or remove positions.csv");
  if (positions == nullptr)
    return Error(EINVAL,
                 "query.adql holds {ra} or {dec}: write positions.csv beside it, with a header such as "
                 "name,ra,dec");
  const auto read = parse_positions(*positions);
  if (!read) return read.error();
  auto adql = query_of_positions(spec->adql, *read);
  if (!adql) return adql.error();
  spec->adql = *std::move(adql);
  return spec;
}

void QueryDirectory::adopt_positions(State& state, const TextStore::Saved& saved, const std::string& identity,
                                     const std::shared_ptr<TextBudget>& budget) {
  const std::string name(kPositionsFile);
  const auto found = state.files.find(name);
  const bool unsaved_changes = found != state.files.end() && found->second->content() != state.positions;
  if (saved.positions_ns == 0 && found != state.files.end() && state.positions_ns != 0 && !unsaved_changes) {
    found->second->unlinked();  // another mount has removed it
    state.files.erase(found);
  } else if (saved.positions_ns != 0 && found == state.files.end()) {
    state.files[name] = std::make_shared<TextFile>("text:" + identity + ":positions", saved.positions,
                                                   time_of(saved.positions_ns), false, budget);
  } else if (saved.positions_ns != 0 && !unsaved_changes) {
    found->second->replace(saved.positions, time_of(saved.positions_ns));
  }
  state.positions = saved.positions;
  state.positions_ns = saved.positions_ns;
}

void QueryDirectory::adopt(const TextStore::Saved& saved) {
  auto state = state_.lock();
  File& file = state->files[std::string(kQueryFile)];
  const bool unsaved_changes = file && file->content() != state->saved_text;
  if (!file) {
    file = std::make_shared<TextFile>("text:" + identity_, saved.text, time_of(saved.mtime_ns), false,
                                      folder_.budget);
  } else if (!unsaved_changes) {
    file->replace(saved.text, time_of(saved.mtime_ns));
  }
  state->saved_text = saved.text;
  state->saved_ns = saved.mtime_ns;
  state->save_error.reset();
  state->hidden.clear();
  if (folder_.listed && !is_fixed()) adopt_positions(*state, saved, identity_, folder_.budget);
  refresh_spec(*state);
}

Result<QueryDirectory::File> QueryDirectory::create(const std::string& name,
                                                    std::optional<std::string> target) {
  const std::int64_t time = now_();
  auto state = state_.lock();
  if (state->removed) return Error(ENOENT, folder_.path + "/" + state->name + " was removed");
  if (state->files.size() >= kMostFiles)
    return Error(ENOSPC, folder_.path + "/" + state->name + " holds too many files");
  const bool symlink = target.has_value();
  auto file = std::make_shared<TextFile>("text:" + identity_ + ":" + std::to_string(++state->created),
                                         symlink ? *std::move(target) : std::string(), timespec{time, 0},
                                         symlink, folder_.budget);
  state->files[name] = file;
  state->hidden.erase(name);
  if (name == kQueryFile) state->spec = cache::QuerySpec{};  // empty until something is committed
  if (name == kPositionsFile) refresh_spec(*state);
  return file;
}

bool QueryDirectory::remove(const std::string& name) {
  auto state = state_.lock();
  const auto found = state->files.find(name);
  if (found == state->files.end()) return false;
  found->second->unlinked();
  state->files.erase(found);
  if (name == kQueryFile) refresh_spec(*state);
  return true;
}

Result<void> QueryDirectory::remove_positions() {
  const std::scoped_lock saving(saving_);
  if (auto removed = owner_->store_->remove_positions(name()); !removed) return removed;
  (void)remove(std::string(kPositionsFile));
  auto state = state_.lock();
  if (!state->positions.empty()) state->removed_positions = std::exchange(state->positions, {});
  state->positions_ns = 0;
  refresh_spec(*state);
  return {};
}

Result<void> QueryDirectory::rename(const std::string& from, const std::string& to, bool replace) {
  const std::scoped_lock saving(saving_);
  File moved;
  {
    auto state = state_.lock();
    auto found = state->files.find(from);
    if (found == state->files.end())
      return Error(ENOENT, folder_.path + "/" + state->name + " has no file " + from);
    if (!replace && state->files.contains(to)) return Error(EEXIST, "there is a file " + to + " already");
    moved = found->second;
  }
  if ((to == kQueryFile || to == kPositionsFile) && moved->symlink())
    return Error(EINVAL, to + " must be a plain file");
  if (to == kQueryFile) {
    if (auto written = write(moved->content()); !written) return written.error();
  } else if (to == kPositionsFile) {
    if (auto read = parse_positions(moved->content()); !read) return read.error();
    if (auto written = write_positions(moved->content()); !written) return written.error();
  }
  auto state = state_.lock();
  state->files.erase(from);
  File& place = state->files[to];
  if (place && place != moved) place->unlinked();
  place = std::move(moved);
  refresh_spec(*state);
  return {};
}

Result<void> QueryDirectory::commit(const TextFile& file) {
  const std::scoped_lock saving(saving_);
  const std::string text = file.content();
  if (this->file(std::string(kPositionsFile)).get() == &file) {
    if (auto written = write_positions(text); !written) return written;
    const auto read = parse_positions(text);
    return read ? Result<void>() : read.error();
  }
  {
    auto state = state_.lock();
    auto current = state->files.find(std::string(kQueryFile));
    const bool is_query = current != state->files.end() && current->second.get() == &file;
    if (!is_query || state->removed) return {};
    if (text == state->saved_text && !state->save_error) {
      state->hidden.clear();
      refresh_spec(*state);  // the file may have been made again with the text that the store kept
      return {};
    }
  }
  return write(text);
}

Result<void> QueryDirectory::undo(TextFile& file) {
  const std::scoped_lock saving(saving_);
  Error too_large(EFBIG, "a text of more than 1 MiB is no query; the one before it stays");
  auto state = state_.lock();
  if (const auto list = state->files.find(std::string(kPositionsFile));
      list != state->files.end() && list->second.get() == &file)
    file.replace(state->positions, time_of(state->positions_ns));
  auto current = state->files.find(std::string(kQueryFile));
  if (current == state->files.end() || current->second.get() != &file) return too_large;
  file.replace(state->saved_text, time_of(state->saved_ns));
  state->save_error = too_large;
  return too_large;
}

// REQUIRES: saving_ held.
Result<void> QueryDirectory::write(const std::string& text) {
  if (is_fixed()) return Error(EROFS, fixed_path_ + "/query.adql is made from a template");
  if (frozen()) return Error(EROFS, path() + ": the job has been made, its query cannot change any more");
  auto time = owner_->store_->save(name(), text);
  auto state = state_.lock();
  if (!time) {
    state->save_error = time.error();
    return time.error();
  }
  state->saved_text = text;
  state->saved_ns = *time;
  state->save_error.reset();
  state->hidden.clear();
  refresh_spec(*state);
  return {};
}

// REQUIRES: saving_ held.
Result<void> QueryDirectory::write_positions(const std::string& text) {
  {
    auto state = state_.lock();
    if (state->removed) return {};
    if (text == state->positions && state->positions_ns != 0 && !state->save_error) {
      state->hidden.clear();
      refresh_spec(*state);
      return {};
    }
  }
  auto time = owner_->store_->save_positions(name(), text);
  auto state = state_.lock();
  if (!time) {
    state->save_error = time.error();
    return time.error();
  }
  state->positions = text;
  state->positions_ns = *time;
  state->save_error.reset();
  state->hidden.clear();
  refresh_spec(*state);
  return {};
}

void QueryDirectory::freeze() { state_.lock()->frozen = true; }
void QueryDirectory::thaw() { state_.lock()->frozen = false; }
bool QueryDirectory::frozen() const { return state_.lock()->frozen; }

void QueryDirectory::hide(const std::string& name) { state_.lock()->hidden.insert(name); }
bool QueryDirectory::hidden(const std::string& name) const { return state_.lock()->hidden.contains(name); }
void QueryDirectory::show_all() { state_.lock()->hidden.clear(); }

// --- SavedQueries ---

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
  QueryDirectoryPtr query;
  {
    auto queries = queries_.lock();
    if (auto found = queries->find(name); found != queries->end()) query = found->second;
  }
  auto time = store_->mtime_ns(name);
  if (!time && time.error().code() == ENOENT) {
    if (query) {
      queries_.lock()->erase(name);  // another mount has removed it
      query->state_.lock()->removed = true;
    }
    return QueryDirectoryPtr();
  }
  if (!time) return time.error();
  const std::int64_t positions = folder_.listed ? store_->positions_ns(name) : 0;
  const auto same = [&](const auto& state) {
    return state->saved_ns == *time && state->positions_ns == positions;
  };
  if (query && same(query->state_.lock())) return query;

  if (!query && folder_.budget && folder_.budget->used_up())
    return Error(EDQUOT, folder_.path + ": the texts are too large together to show " + name);
  auto saved = store_->load(name);
  if (!saved) return saved.error();
  if (!query) {
    auto fresh = std::make_shared<QueryDirectory>(free_identity(name), name, *this, now_, defaults_, folder_);
    query = queries_.lock()->emplace(name, std::move(fresh)).first->second;
  }
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
  if (auto saved = store_->save(name, ""); !saved) return saved.error();
  return take_up(name);
}

Result<QueryDirectoryPtr> SavedQueries::remove(const std::string& name) {
  auto query = find(name);
  if (!query) return query.error();
  if (!*query) return Error(ENOENT, "there is no query " + name);
  const std::scoped_lock saving((*query)->saving_);
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
  if (auto renamed = store_->rename(from, to); !renamed) return renamed.error();
  (*query)->state_.lock()->name = to;
  auto queries = queries_.lock();
  queries->erase(from);
  queries->insert_or_assign(to, *query);
  return {};
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
