// QueryDirectory: one directory of queries/ or of jobs/SERVICE/: its query.adql and positions.csv, the scratch files of editors,
// and the names that `rm` has taken away.
//
// What is saved is committed to the store before close(2), fsync(2) or the rename onto it returns. While query.adql does not
// exist (editors move it away for a moment) the query is empty, but the store keeps the last text.
//
//   errors   of QueryStore; EEXIST, ENOENT as in POSIX, ENOENT also for a save after another mount has removed the query; EAGAIN
//            for a save that would replace another mount's text, if it is made of an older one, or an older one was read here
//            last. Nothing is written then, and the newer text is shown
//   threads  thread-safe. Blocks on the local disk only. Lock order: saving_ before the state
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "client/base/guarded.h"
#include "client/base/result.h"
#include "fs/positions/positions.h"
#include "fs/queries/text_store.h"
#include "fs/tree/home_thread.h"
#include "fs/tree/text_file.h"
#include "fs/tree/text_versions.h"

namespace esofs::fs {

// Whether two queries have one answer.
bool same_question(const cache::QuerySpec& a, const cache::QuerySpec& b);

// The place in the tree of a directory of texts, and whether the catalog keeps listings of what it asks.
struct TextFolder {
  std::string path = "/queries";
  bool listed = true;
  std::vector<std::string> services = {};  // of the archive
  // Of one user of a shared mount:
  std::optional<uid_t> owner = std::nullopt;     // the only one who sees them
  HomeThread* home = nullptr;                    // for what reads or writes the store
  std::size_t most = 0;                          // queries; 0: any number
  std::shared_ptr<TextBudget> budget = nullptr;  // of all texts together
  // Whether somebody else asks the same; from memory. Empty: nobody does.
  std::function<bool(const cache::QuerySpec&)> asked_elsewhere = {};
};

class SavedQueries;

// One directory of queries/, or of jobs/SERVICE/; or one that a template of browse/ makes, which nobody can write.
class QueryDirectory {
 public:
  using File = std::shared_ptr<TextFile>;

  // now: seconds since 1970; defaults: what no directive says. The owner outlives the directory.
  QueryDirectory(std::string identity, std::string name, SavedQueries& owner,
                 std::function<std::int64_t()> now, cache::QuerySpec defaults, TextFolder folder = {});

  // A fixed one, at `path` ("/browse/…"): query.adql is `text` and stays so.
  QueryDirectory(std::string identity, std::string path, const std::string& text, std::int64_t mtime,
                 cache::QuerySpec defaults);

  ~QueryDirectory();
  QueryDirectory(const QueryDirectory&) = delete;
  QueryDirectory& operator=(const QueryDirectory&) = delete;

  const std::string& identity() const noexcept { return identity_; }
  const std::optional<uid_t>& owner() const noexcept { return folder_.owner; }
  HomeThread* home() const noexcept { return folder_.home; }
  std::string name() const;  // "" of a fixed one
  std::string path() const;  // from the mount point
  bool is_fixed() const noexcept { return owner_ == nullptr; }
  bool listed() const noexcept { return folder_.listed; }
  bool removed() const;
  std::int64_t mtime() const;

  // The query as last committed; adql "" while there is none. EINVAL: it does not parse.
  Result<cache::QuerySpec> spec() const;
  // True while query.adql is away: an editor saves, or `rm -r` is under way, which unlinks it first.
  bool emptied() const;
  // As spec(); while query.adql is away, what it asked. What `rm -r` has still to remove is found by it.
  Result<cache::QuerySpec> listed_spec() const;
  // The text as last committed.
  std::string saved_text() const { return state_.lock()->query.text; }
  // The text of positions.csv as last committed; "" if there is none.
  std::string saved_positions() const { return state_.lock()->positions.text; }
  // What the query is asked for, if positions.csv is there and query.adql holds {ra} and {dec}; empty: it is not.
  std::vector<Position> positions() const;
  // query.adql without directives, and with its {ra} and {dec}.
  std::string adql_as_written() const;
  // Why the last commit failed; the store then has the text before it.
  std::optional<Error> save_error() const;
  // The query that was asked here before the present one and that no other directory asks, once after each change: its
  // answers may be forgotten.
  std::optional<cache::QuerySpec> take_replaced();

  std::vector<std::pair<std::string, File>> files() const;  // query.adql first, if it exists
  File file(const std::string& name) const;                 // nullptr: none
  // REQUIRES: no file of this name. ENOSPC above 100 files.
  Result<File> create(const std::string& name, std::optional<std::string> symlink_target = {});
  bool remove(const std::string& name);  // false: no such file
  Result<void> remove_positions();       // also from the store
  // ENOENT: no file `from`; EEXIST: there is a `to` and replace is false. Commits if `to` is query.adql.
  Result<void> rename(const std::string& from, const std::string& to, bool replace);

  // Before `file` is read or written: it becomes as the store has it. Returns what it is made of.
  // A store in a home() is not looked at, here and in check().
  TextBase look(const TextFile& file);
  // Before all of `file` is replaced: EAGAIN if another version was read here last.
  Result<TextBase> begin(TextFile& file);
  // A program reads the file, which was made of `base` when it was opened.
  void note_read(const TextFile& file, const TextBase& base);
  // Before `file` is written: EAGAIN if it could not be committed. base: what the text is made of, here and in commit().
  Result<void> check(TextFile& file, const TextBase& base);
  // Writes `file` to the store if it is query.adql or positions.csv and differs from what is there. Returns what it is made of
  // from then on. EINVAL with the number of the line if positions cannot be read; they are kept all the same. EAGAIN: the file
  // has got the text of the other mount.
  Result<TextBase> commit(TextFile& file, const TextBase& base);
  // Of a file to which more was written than it may hold: query.adql gets back the text that is kept. EFBIG.
  Result<void> undo(TextFile& file);
  // Of a file that the store has refused, once nobody has it open: it shows what the store has.
  void show_stored(TextFile& file);

  // From here on its text stays as it is: the job that was made of it has been started.
  void freeze();
  void thaw();
  bool frozen() const;

  // `rm` of a name that the archive's answer gives: it is gone until the query is saved or touched.
  void hide(const std::string& name);
  bool hidden(const std::string& name) const;
  void show_all();

 private:
  friend class SavedQueries;
  // A text as the store had it last.
  struct Kept {
    std::string text;
    std::int64_t ns = 0;  // 0: there is none
    TextVersions versions;
    bool outdated(const TextBase& base) const { return versions.outdated(base, text.empty()); }
  };
  struct State {
    std::string name;
    std::map<std::string, File> files;
    std::set<std::string> hidden;
    Kept query;
    Kept positions;
    std::string removed_positions;  // what `rm -r` has still to remove is found by them
    Result<cache::QuerySpec> spec{cache::QuerySpec{}};
    cache::QuerySpec asked;  // the last one that was not empty
    std::optional<Error> save_error;
    bool removed = false;
    bool frozen = false;
    std::uint64_t created = 0;  // scratch files so far, for their identities
  };
  void adopt(const TextStore::Saved& saved);  // what the store has becomes query.adql and positions.csv
  static void take_over(Kept& kept, TextFile* file, const std::string& text, std::int64_t ns);
  static void adopt_positions(State& state, const TextStore::Saved& saved, const std::string& identity,
                              const std::shared_ptr<TextBudget>& budget);
  // REQUIRES: saving_ held, here and below.
  bool outdated(const TextFile& file, const TextBase& base);
  Error take_newest();
  Error refuse(TextFile& file, bool written);
  bool stale(const TextFile& file) const;
  void give_back(TextFile& file);
  // which: query or positions.
  Result<void> write(Kept State::*which, const std::string& text, const TextBase& base);
  // REQUIRES: state locked, here and below.
  // Of query.adql or positions.csv; nullptr: it is neither.
  static Kept State::*kept_as(const State& state, const TextFile& file);
  void settle(State& state, Kept& kept, const TextBase& base) const;
  void refresh_spec(State& state) const;
  Result<cache::QuerySpec> spec_of(const State& state, const std::string* positions) const;

  const std::string identity_;
  SavedQueries* const owner_;  // nullptr: fixed
  const std::function<std::int64_t()> now_;
  const cache::QuerySpec defaults_;
  const std::string fixed_path_;
  const TextFolder folder_;
  std::mutex saving_;  // held over a write to the store, so that the later text wins
  mutable Guarded<State> state_;
};

using QueryDirectoryPtr = std::shared_ptr<QueryDirectory>;

}  // namespace esofs::fs
