// SavedQueries: what lies in queries/ (and, for drafts of jobs, in jobs/SERVICE/), apart from what the archive answers: the query directories, their query.adql, the
// scratch files of editors, and the names that `rm` has taken away.
//
// query.adql is committed to the store before close(2), fsync(2) or the rename onto it returns. While query.adql does not
// exist (editors move it away for a moment) the query is empty, but the store keeps the last text.
//
//   errors   of QueryStore; EINVAL for a name that is no query name; EEXIST, ENOENT, ENOTEMPTY as in POSIX
//   threads  thread-safe. Blocks on the local disk only. Lock order: QueryDirectory::saving_ before its state; the lock of
//            SavedQueries is never held together with another.
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
#include "fs/positions/positions.h"
#include "fs/queries/scratch_names.h"
#include "fs/queries/text_store.h"
#include "fs/tree/home_thread.h"
#include "fs/tree/text_file.h"

namespace esofs::fs {

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
  std::string saved_text() const { return state_.lock()->saved_text; }
  // The text of positions.csv as last committed; "" if there is none.
  std::string saved_positions() const { return state_.lock()->positions; }
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

  // Writes `file` to the store if it is query.adql or positions.csv and differs from what is there. EINVAL with the number of
  // the line if positions cannot be read; they are kept all the same.
  Result<void> commit(const TextFile& file);
  // Of a file to which more was written than it may hold: query.adql gets back the text that is kept. EFBIG.
  Result<void> undo(TextFile& file);

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
  struct State {
    std::string name;
    std::map<std::string, File> files;
    std::set<std::string> hidden;
    std::string saved_text;
    std::int64_t saved_ns = 0;
    std::string positions;          // as saved last
    std::int64_t positions_ns = 0;  // of those in the store; 0: there are none
    std::string removed_positions;  // what `rm -r` has still to remove is found by them
    Result<cache::QuerySpec> spec{cache::QuerySpec{}};
    cache::QuerySpec asked;  // the last one that was not empty
    std::optional<Error> save_error;
    bool removed = false;
    bool frozen = false;
    std::uint64_t created = 0;  // scratch files so far, for their identities
  };
  void adopt(const TextStore::Saved& saved);  // what the store has becomes query.adql and positions.csv
  static void adopt_positions(State& state, const TextStore::Saved& saved, const std::string& identity,
                              const std::shared_ptr<TextBudget>& budget);
  Result<void> write(const std::string& text);
  Result<void> write_positions(const std::string& text);
  // REQUIRES: state locked
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
