// Callers: the files of datasets, opened for each user of this machine with that user's own login (-o identity=caller).
//
// What is public comes from the cache of the tree, asked for as nobody, once for all. What is refused there is asked for
// anew by services of the user's own: his credentials, his connections and a cache of his own over the same directory. What
// these keep on disk is filed under the user's number, so that no claim in a file of another user leads to it.
//
//   shapes   the login of a user is made when he first opens a file that is not public. Caches of content are kept for
//            kMostCaches users; of more, those go that nobody uses, the one used longest ago first
//   errors   those of FileCache::open. EACCES says whether its user is logged in
//   threads  thread-safe. Users' own files are looked at on a lane of its own, one job a user at a time: a home directory on
//            a server that hangs keeps its own user waiting
//   source   fs/SEMANTICS.md, "Private data"
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "cache/content/caller_files.h"
#include "cache/content/file_cache.h"
#include "cache/content/learnt_sizes.h"
#include "client/base/guarded.h"
#include "client/base/lane.h"
#include "client/base/result.h"

namespace esofs::mountopts {

// The login of one user, and what asks the archive by it.
class CallerLogin {
 public:
  virtual ~CallerLogin() = default;
  // Looks at the user's files; true where he is logged in. Blocks on the disk of his home directory.
  virtual bool look() = 0;
  // A cache that asks with his rights. What it asks with outlives it.
  virtual Result<std::unique_ptr<cache::FileCache>> make_files() = 0;
  // What he can do about the refusal of `url`, in words for everybody; "".
  virtual std::string advice(const std::string& url) = 0;
  // The beginning of its versions that is the user's and not the file's.
  virtual std::string archive_identity() const = 0;
};

class Callers : public fs::CallerFiles {
 public:
  // ENOENT: no such user. Blocks.
  using MakeLogin = std::function<Result<std::unique_ptr<CallerLogin>>(uid_t)>;
  struct Config {
    MakeLogin make_login;
    std::string archive_identity;  // Archive::identity() of the tree
    std::size_t most_caches = kMostCaches;
    std::function<std::int64_t()> now;  // seconds since 1970; empty: the system's
  };

  // shared: the cache of the tree. All that is passed by reference outlives it, but for the lane, which ends before it.
  Callers(Config config, cache::FileCache& shared, cache::MetadataStore& store, Lane& lane);
  ~Callers() override;
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  Cancel open(uid_t user, const client::Dataset& dataset, cache::Form form,
              Done<std::shared_ptr<cache::OpenFile>> done) override;
  std::optional<std::uint64_t> known_size(const client::Dataset& dataset, cache::Form form) override {
    return sizes_.known(dataset, form);
  }

  // Nothing is begun from here on. To be called before the lane ends.
  void end();

  // Of all the caches that there are and were, without the bytes on disk. Never waits.
  cache::FileCache::Usage usage() const;

  static constexpr std::size_t kMostCaches = 16;

 private:
  class Opening;
  using OpeningPtr = std::shared_ptr<Opening>;
  using FilesPtr = std::shared_ptr<cache::FileCache>;

  struct Caller {
    std::shared_ptr<CallerLogin> login;  // null: he has not been looked for
    FilesPtr files;                      // null: not made yet, or dropped
    std::uint64_t used = 0;              // greater: later
    std::deque<OpeningPtr> waiting;
    bool working = false;  // a job of his is on the lane
  };
  struct State {
    std::map<uid_t, Caller> callers;
    std::uint64_t uses = 0;
    cache::FileCache::Usage gone{};  // of dropped caches
    bool ended = false;
  };

  bool known_as_private(const client::Dataset& dataset, cache::Form form);
  void queue(const OpeningPtr& opening);
  void work(uid_t user, Lane::Turn& turn);
  void open_own(const OpeningPtr& opening);
  Result<std::shared_ptr<CallerLogin>> login_of(uid_t user);
  Result<FilesPtr> files_of(uid_t user, CallerLogin& login);
  void drop_idle();

  const Config config_;
  cache::FileCache& shared_;
  cache::LearntSizes sizes_;
  Lane& lane_;
  mutable Guarded<State> state_;
};

}  // namespace esofs::mountopts
