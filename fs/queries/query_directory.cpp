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

timespec timespec_of(std::int64_t nanoseconds) {
  return {nanoseconds / kNanoseconds, nanoseconds % kNanoseconds};
}

Error was_removed(const std::string& path) {
  return {ENOENT, path + " was removed while it was open, so nothing was written"};
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
  return std::max(state->query.ns, state->positions.ns) / kNanoseconds;
}
Result<cache::QuerySpec> QueryDirectory::spec() const { return state_.lock()->spec; }
bool QueryDirectory::emptied() const {
  return !is_fixed() && !state_.lock()->files.contains(std::string(kQueryFile));
}

Result<cache::QuerySpec> QueryDirectory::listed_spec() const {
  auto state = state_.lock();
  if (state->files.contains(std::string(kQueryFile))) return state->spec;
  const std::string& positions =
      state->positions.text.empty() ? state->removed_positions : state->positions.text;
  return spec_of(*state, positions.empty() ? nullptr : &positions);
}

std::vector<Position> QueryDirectory::positions() const {
  auto state = state_.lock();
  if (!state->spec || !state->files.contains(std::string(kPositionsFile))) return {};
  auto positions = parse_positions(state->positions.text);
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
                   ? spec_of(state, positions ? &state.positions.text : nullptr)
                   : Result<cache::QuerySpec>(cache::QuerySpec{});
}

// positions: the text of positions.csv; null: there is none.
Result<cache::QuerySpec> QueryDirectory::spec_of(const State& state, const std::string* positions) const {
  auto spec = parse_saved_query(state.query.text, defaults_, folder_.services);
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

// file: nullptr if the text is not there, or has just been made of it.
void QueryDirectory::take_over(Kept& kept, TextFile* file, const std::string& text, std::int64_t ns) {
  if (text != kept.text) kept.versions.changed();
  if (file == nullptr || file->follow(kept.text, text, timespec_of(ns))) kept.versions.shown();
  kept.text = text;
  kept.ns = ns;
}

void QueryDirectory::adopt_positions(State& state, const TextStore::Saved& saved, const std::string& identity,
                                     const std::shared_ptr<TextBudget>& budget) {
  const std::string name(kPositionsFile);
  const auto found = state.files.find(name);
  TextFile* file = found == state.files.end() ? nullptr : found->second.get();
  const bool removed = saved.positions_ns == 0 && state.positions.ns != 0;
  if (file != nullptr && removed && !file->rewritten() && file->content() == state.positions.text) {
    file->unlinked(true);
    state.files.erase(found);
    file = nullptr;
  } else if (file == nullptr && saved.positions_ns != 0) {
    state.files[name] = std::make_shared<TextFile>("text:" + identity + ":positions", saved.positions,
                                                   timespec_of(saved.positions_ns), false, budget);
  }
  take_over(state.positions, file, saved.positions, saved.positions_ns);
}

void QueryDirectory::adopt(const TextStore::Saved& saved) {
  auto state = state_.lock();
  File& file = state->files[std::string(kQueryFile)];
  const File before = file;
  if (!file)
    file = std::make_shared<TextFile>("text:" + identity_, saved.text, timespec_of(saved.mtime_ns), false,
                                      folder_.budget);
  take_over(state->query, before.get(), saved.text, saved.mtime_ns);
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
  file->set_rewritten();
  state->files[name] = file;
  state->hidden.erase(name);
  if (name == kQueryFile) state->spec = cache::QuerySpec{};  // empty until something is committed
  if (name == kPositionsFile) refresh_spec(*state);
  if (const auto which = kept_as(*state, *file); which != nullptr)
    ((*state).*which).versions.begun(((*state).*which).text.empty());
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
  if (!state->positions.text.empty()) state->removed_positions = std::exchange(state->positions.text, {});
  state->positions.ns = 0;
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
    if (auto written = write(&State::query, moved->content(), {}); !written) return written.error();
  } else if (to == kPositionsFile) {
    if (auto read = parse_positions(moved->content()); !read) return read.error();
    if (auto written = write(&State::positions, moved->content(), {}); !written) return written.error();
  }
  auto state = state_.lock();
  state->files.erase(from);
  File& place = state->files[to];
  if (place && place != moved) place->unlinked();
  place = std::move(moved);
  refresh_spec(*state);
  return {};
}

QueryDirectory::Kept QueryDirectory::State::*QueryDirectory::kept_as(const State& state,
                                                                     const TextFile& file) {
  const auto is = [&](std::string_view name) {
    const auto found = state.files.find(std::string(name));
    return found != state.files.end() && found->second.get() == &file;
  };
  if (is(kQueryFile)) return &State::query;
  return is(kPositionsFile) ? &State::positions : nullptr;
}

TextBase QueryDirectory::look(const TextFile& file) {
  if (is_fixed()) return {};
  if (home() == nullptr) (void)owner_->find(name());  // takes up what another mount has saved
  auto state = state_.lock();
  const auto which = kept_as(*state, file);
  return which == nullptr ? TextBase() : TextBase{((*state).*which).versions.base()};
}

Result<TextBase> QueryDirectory::begin(TextFile& file) {
  if (auto good = check(file, {}); !good) return good.error();
  auto state = state_.lock();
  const auto which = kept_as(*state, file);
  if (which == nullptr) return TextBase();
  Kept& kept = (*state).*which;
  kept.versions.begun(kept.text.empty());
  return TextBase{kept.versions.base()};
}

void QueryDirectory::note_read(const TextFile& file, const TextBase& base) {
  auto state = state_.lock();
  const auto which = kept_as(*state, file);
  if (which != nullptr) ((*state).*which).versions.read(base.version);
}

Result<void> QueryDirectory::check(TextFile& file, const TextBase& base) {
  if (is_fixed()) return {};
  if (home() == nullptr) (void)owner_->find(name());
  if (removed()) return was_removed(path());
  if (home() != nullptr) return {};
  const std::scoped_lock saving(saving_);
  if (!outdated(file, base)) return {};
  return refuse(file, false);
}

bool QueryDirectory::outdated(const TextFile& file, const TextBase& base) {
  auto state = state_.lock();
  const auto which = kept_as(*state, file);
  return which != nullptr && !state->removed && ((*state).*which).outdated(base);
}

Result<TextBase> QueryDirectory::commit(TextFile& file, const TextBase& base) {
  constexpr int kTries = 50;  // of lines: each time another mount has saved first
  const std::scoped_lock saving(saving_);
  const auto which = kept_as(*state_.lock(), file);
  if (which == nullptr && file.unlinked_elsewhere())
    return was_removed(path() + "/" + std::string(kPositionsFile));
  if (which == nullptr) return base;
  std::string text = file.content();
  auto written = write(which, text, base);
  for (int i = 1; i < kTries && !written && written.error().code() == EAGAIN && !outdated(file, base); ++i) {
    text = file.content();
    written = write(which, text, base);
  }
  if (!written && written.error().code() == EAGAIN) return refuse(file, true);
  if (!written) return written.error();
  file.saved(text);
  if (which == &State::positions) {
    if (const auto read = parse_positions(text); !read) return read.error();
  }
  return TextBase{((*state_.lock()).*which).versions.base()};
}

void QueryDirectory::give_back(TextFile& file) {
  auto state = state_.lock();
  const auto which = kept_as(*state, file);
  if (which == nullptr) return;
  Kept& kept = (*state).*which;
  file.replace(kept.text, timespec_of(kept.ns));
  kept.versions.dropped();
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
  if (!newest && newest.error().code() == ENOENT) changed = was_removed(path());
  state_.lock()->save_error = changed;
  return changed;
}

// written: into `file`, which else keeps what another handle writes instead of the newest text, or into it.
Error QueryDirectory::refuse(TextFile& file, bool written) {
  Error changed = take_newest();
  if (written || stale(file)) give_back(file);
  return changed;
}

bool QueryDirectory::stale(const TextFile& file) const {
  auto state = state_.lock();
  const auto which = kept_as(*state, file);
  return which != nullptr && ((*state).*which).versions.stale();
}

Result<void> QueryDirectory::write(Kept State::*which, const std::string& text, const TextBase& base) {
  if (is_fixed()) return Error(EROFS, fixed_path_ + "/query.adql is made from a template");
  const bool query = which == &State::query;
  const TextStore& store = *owner_->store_;
  const auto time = query ? store.mtime_ns(name()) : Result<std::int64_t>(store.positions_ns(name()));
  std::optional<std::int64_t> before;
  bool outdated = false;
  {
    auto state = state_.lock();
    if (state->removed) return was_removed(folder_.path + "/" + state->name);
    Kept& kept = (*state).*which;
    outdated = kept.outdated(base);
    const bool there = time && *time != 0 && *time == kept.ns && text == kept.text;
    if (there && !outdated && !state->save_error) {
      settle(*state, kept, base);
      return {};
    }
    if (!kept.versions.replaces_any(base)) before = kept.ns;
  }
  if (frozen()) return Error(EROFS, path() + ": the job has been made, its query cannot change any more");
  if (outdated) return take_newest();
  auto saved = query ? store.save(name(), text, before) : store.save_positions(name(), text, before);
  if (!saved && saved.error().code() == EAGAIN) return take_newest();
  auto state = state_.lock();
  if (!saved) {
    state->save_error = saved.error();
    return saved.error();
  }
  Kept& kept = (*state).*which;
  kept.text = text;
  kept.ns = *saved;
  state->save_error.reset();
  settle(*state, kept, base);
  return {};
}

void QueryDirectory::settle(State& state, Kept& kept, const TextBase& base) const {
  kept.versions.saved(base);
  state.hidden.clear();
  refresh_spec(state);
}

void QueryDirectory::freeze() { state_.lock()->frozen = true; }
void QueryDirectory::thaw() { state_.lock()->frozen = false; }
bool QueryDirectory::frozen() const { return state_.lock()->frozen; }

void QueryDirectory::hide(const std::string& name) { state_.lock()->hidden.insert(name); }
bool QueryDirectory::hidden(const std::string& name) const { return state_.lock()->hidden.contains(name); }
void QueryDirectory::show_all() { state_.lock()->hidden.clear(); }

}  // namespace esofs::fs
