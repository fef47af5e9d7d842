// Callers: the files of datasets, opened for each user of this machine with that user's own login (-o identity=caller).
//
// Public files come from the cache of the tree, requested without a login, once for all users. A file that is refused there is
// requested again with the user's own credentials, connections and cache, over the same directory. That cache files content
// under the uid, so that no file of another user leads to it.
//
//   shapes   the login of a user is made at the first open of a file that is not public. Caches of content are kept for
//            kMostCaches users; beyond that, caches without a user are dropped, the least recently used first
//   errors   those of FileCache::open. EACCES says whether the user is logged in, and what the user can do
//   threads  thread-safe; nothing waits on the caller's thread. Users' own files are looked at on a lane of its own, one job a
//            user at a time: a home directory on a server that hangs keeps only its own user waiting
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

#include "cache/content/content.h"
#include "cache/content/file_cache.h"
#include "cache/content/learnt_sizes.h"
#include "client/base/ask.h"
#include "client/base/clock.h"
#include "client/base/guarded.h"
#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/model/model.h"

namespace esofs::cache {

// What the tree uses: the files of datasets, for each user of the machine. The tree itself, its names and its listings are the
// same for all, and requested without a login.
class CallerFiles {
 public:
  virtual ~CallerFiles() = default;
  // A file that needed a login was opened with that of `user`, and so is not restricted().
  virtual Cancel open(uid_t user, const client::Dataset& dataset, Form form,
                      Done<std::shared_ptr<OpenFile>> done) = 0;
  // The exact size, if only a login could learn it; it is not secret. From memory and LMDB.
  virtual std::optional<std::uint64_t> known_size(const client::Dataset& dataset, Form form) = 0;
};

// The login of one user, and the services that use it.
class CallerLogin {
 public:
  virtual ~CallerLogin() = default;
  // Looks at the user's files; true if the user is logged in. Blocks on the disk of the home directory.
  virtual bool look() = 0;
  // A cache that uses the user's login. Its services outlive it.
  virtual Result<std::shared_ptr<FileCache>> make_files() = 0;
  // What the user can do about the refusal of `url`, without private details; "".
  virtual std::string advice(const std::string& url) = 0;
};

class Callers : public CallerFiles {
 public:
  // ENOENT: no such user. Blocks.
  using MakeLogin = std::function<Result<std::unique_ptr<CallerLogin>>(uid_t)>;
  struct Config {
    MakeLogin make_login;
    std::string archive_identity;  // Archive::identity() of the tree
    std::size_t most_caches = kMostCaches;
    std::function<std::int64_t()> now = system_seconds;  // since 1970
  };

  // shared: the cache of the tree. All that is passed by reference outlives it, but for the lane, which ends before it.
  Callers(Config config, FileCache& shared, MetadataStore& store, Lane& lane);
  ~Callers() override;
  Callers(const Callers&) = delete;
  Callers& operator=(const Callers&) = delete;

  Cancel open(uid_t user, const client::Dataset& dataset, Form form,
              Done<std::shared_ptr<OpenFile>> done) override;
  std::optional<std::uint64_t> known_size(const client::Dataset& dataset, Form form) override {
    return sizes_.known(dataset, form);
  }

  // Nothing begins after this. To be called before the lane ends.
  void end();

  // The sum over all present and former caches, without the bytes on disk. Never waits.
  FileCache::Usage usage() const;

  static constexpr std::size_t kMostCaches = 16;

 private:
  class UserOpen;
  using UserOpenPtr = std::shared_ptr<UserOpen>;
  using FilesPtr = std::shared_ptr<FileCache>;

  struct Caller {
    std::shared_ptr<CallerLogin> login;  // null: not made yet
    FilesPtr files;                      // null: not made yet, or dropped
    std::uint64_t used = 0;              // greater: later
    std::deque<UserOpenPtr> waiting;
    bool working = false;  // a job for this user is on the lane
  };
  struct State {
    std::map<uid_t, Caller> callers;
    std::uint64_t uses = 0;
    FileCache::Usage gone{};  // of dropped caches
  };

  bool known_as_private(const client::Dataset& dataset, Form form);
  void queue(const UserOpenPtr& opening);
  void work(uid_t user, Lane::Turn& turn);
  void open_own(const UserOpenPtr& opening);
  Result<std::shared_ptr<CallerLogin>> login_of(uid_t user);
  Result<FilesPtr> files_of(uid_t user, CallerLogin& login);
  void drop_idle();

  const Config config_;
  FileCache& shared_;
  LearntSizes sizes_;
  Lane& lane_;
  Gate gate_;  // closed by end(): jobs inside use the lane
  mutable Guarded<State> state_;
};

}  // namespace esofs::cache
