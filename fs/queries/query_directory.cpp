#include "fs/queries/query_directory.h"

#include <algorithm>
#include <cerrno>

#include "fs/positions/position_query.h"
#include "fs/queries/saved_queries.h"
#include "fs/queries/saved_query.h"
#include "fs/queries/scratch_names.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kMostFiles = 100;  // an editor needs a handful
constexpr std::int64_t kNanoseconds = 1'000'000'000;
// Seconds. For so long a program may save what it has made of a text that it has read; the kernel shows a name for a second
// without asking.
constexpr std::int64_t kSeenFor = 2;

timespec timespec_of(std::int64_t nanoseconds) {
  return {nanoseconds / kNanoseconds, nanoseconds % kNanoseconds};
}

}  // namespace

bool same_question(const cache::QuerySpec& a, const cache::QuerySpec& b) {
  return a.adql == b.adql && a.service == b.service && a.maxrec == b.maxrec;
}

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
  if (const auto unknown = unknown_placeholder(spec->adql); !unknown.empty())
    return Error(EINVAL,
                 "query.adql: {" + unknown +
                     "} stands for nothing: only {ra} and {dec} are known, which positions.csv gives");
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
                                                   timespec_of(saved.positions_ns), false, budget);
  } else if (saved.positions_ns != 0 && !unsaved_changes) {
    found->second->replace(saved.positions, timespec_of(saved.positions_ns));
  }
  state.positions = saved.positions;
  state.positions_ns = saved.positions_ns;
}

void QueryDirectory::adopt(const TextStore::Saved& saved) {
  auto state = state_.lock();
  File& file = state->files[std::string(kQueryFile)];
  const bool unsaved_changes = file && file->content() != state->saved_text;
  if (!file) {
    file = std::make_shared<TextFile>("text:" + identity_, saved.text, timespec_of(saved.mtime_ns), false,
                                      folder_.budget);
  } else if (!unsaved_changes) {
    file->replace(saved.text, timespec_of(saved.mtime_ns));
  }
  state->saved_text = saved.text;
  state->saved_ns = saved.mtime_ns;
  if (!is_fixed()) {
    const std::int64_t now = now_();
    for (Seen* seen : {&state->seen, &state->seen_positions}) {
      if (now - seen->at > kSeenFor) *seen = {};
    }
  }
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

void QueryDirectory::note_read(const TextFile& file) {
  if (is_fixed()) return;
  if (home() == nullptr) (void)owner_->find(name());  // takes up what another mount has saved
  const std::int64_t now = now_();
  const auto query = this->file(std::string(kQueryFile));
  const auto positions = this->file(std::string(kPositionsFile));
  auto state = state_.lock();
  if (query.get() == &file) state->seen = {state->saved_ns, now};
  if (positions.get() == &file) state->seen_positions = {state->positions_ns, now};
}

Result<void> QueryDirectory::check(TextFile& file) {
  if (is_fixed() || home() != nullptr) return {};
  const bool query = this->file(std::string(kQueryFile)).get() == &file;
  if (!query && this->file(std::string(kPositionsFile)).get() != &file) return {};
  const std::scoped_lock saving(saving_);
  const auto seen = query ? state_.lock()->seen.version() : state_.lock()->seen_positions.version();
  if (!seen) return {};
  const auto kept =
      query ? owner_->store_->mtime_ns(name()) : Result<std::int64_t>(owner_->store_->positions_ns(name()));
  if (kept && *kept == *seen) return {};
  const Error changed = take_newest();
  give_back(file);
  return changed;
}

Result<void> QueryDirectory::commit(TextFile& file) {
  const std::scoped_lock saving(saving_);
  const std::string text = file.content();
  const bool positions = this->file(std::string(kPositionsFile)).get() == &file;
  if (!positions) {
    const auto kept = owner_->store_->mtime_ns(name());
    auto state = state_.lock();
    auto current = state->files.find(std::string(kQueryFile));
    const bool is_query = current != state->files.end() && current->second.get() == &file;
    if (!is_query || state->removed) return {};
    if (text == state->saved_text && !state->save_error && kept && *kept == state->saved_ns) {
      state->hidden.clear();
      refresh_spec(*state);  // the file may have been made again with the text that the store kept
      return {};
    }
  }
  auto written = positions ? write_positions(text) : write(text);
  if (!written) {
    if (written.error().code() == EAGAIN) give_back(file);
    return written;
  }
  const auto read =
      positions ? parse_positions(text) : Result<std::vector<Position>>(std::vector<Position>());
  return read ? Result<void>() : read.error();
}

void QueryDirectory::give_back(TextFile& file) {
  auto state = state_.lock();
  const auto is = [&](std::string_view name) {
    const auto found = state->files.find(std::string(name));
    return found != state->files.end() && found->second.get() == &file;
  };
  if (is(kPositionsFile)) file.replace(state->positions, timespec_of(state->positions_ns));
  if (is(kQueryFile)) file.replace(state->saved_text, timespec_of(state->saved_ns));
}

void QueryDirectory::show_stored(TextFile& file) {
  if (save_error()) give_back(file);
}

Result<void> QueryDirectory::undo(TextFile& file) {
  const std::scoped_lock saving(saving_);
  Error too_large(EFBIG, "a text of more than 1 MiB is no query; the one before it stays");
  give_back(file);
  if (this->file(std::string(kQueryFile)).get() == &file) state_.lock()->save_error = too_large;
  return too_large;
}

// Another mount has saved since a text was read here: its text is shown from now on.
Error QueryDirectory::take_newest() {
  Error changed(EAGAIN, path() +
                            ": another mount has changed it since it was read here, so nothing was written; "
                            "look at it and save again");
  const auto newest = owner_->store_->load(name());
  if (newest) adopt(*newest);
  auto state = state_.lock();
  state->seen = state->seen_positions = {};
  state->save_error = changed;
  return changed;
}

Result<void> QueryDirectory::write(const std::string& text) {
  if (is_fixed()) return Error(EROFS, fixed_path_ + "/query.adql is made from a template");
  if (frozen()) return Error(EROFS, path() + ": the job has been made, its query cannot change any more");
  const auto before = state_.lock()->seen.version();
  auto time = owner_->store_->save(name(), text, before);
  if (!time && time.error().code() == EAGAIN) return take_newest();
  auto state = state_.lock();
  if (!time) {
    state->save_error = time.error();
    return time.error();
  }
  state->seen = {};
  state->saved_text = text;
  state->saved_ns = *time;
  state->save_error.reset();
  state->hidden.clear();
  refresh_spec(*state);
  return {};
}

Result<void> QueryDirectory::write_positions(const std::string& text) {
  const std::int64_t kept = owner_->store_->positions_ns(name());
  {
    auto state = state_.lock();
    if (state->removed) return {};
    if (text == state->positions && state->positions_ns != 0 && kept == state->positions_ns &&
        !state->save_error) {
      state->hidden.clear();
      refresh_spec(*state);
      return {};
    }
  }
  const auto before = state_.lock()->seen_positions.version();
  auto time = owner_->store_->save_positions(name(), text, before);
  if (!time && time.error().code() == EAGAIN) return take_newest();
  auto state = state_.lock();
  if (!time) {
    state->save_error = time.error();
    return time.error();
  }
  state->seen_positions = {};
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

}  // namespace esofs::fs
