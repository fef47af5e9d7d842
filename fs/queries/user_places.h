// UserPlaces: what each user of a shared mount (Config::users_dir) has of his own: the texts of his queries and jobs, and a
// thread for them.
//
// A place is made when its user first asks for something, and lives as long as the mount.
//
//   threads  thread-safe; reads no disk
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "client/base/guarded.h"
#include "fs/queries/saved_queries.h"
#include "fs/queries/user_store.h"
#include "fs/tree/context.h"
#include "fs/tree/home_thread.h"

namespace esofs::fs {

struct UserPlace {
  UserPlace(const Context& context, uid_t user, TextFolder folder);

  // The store of his texts in a folder below his own one.
  std::unique_ptr<const TextStore> store(const std::filesystem::path& folder) const;

  const uid_t user;
  const Config& config;
  const std::shared_ptr<UserAccount> account;
  const std::shared_ptr<TextBudget> budget;
  SavedQueries queries;
  HomeThread home;  // last, so that it ends before what it uses
};

class UserPlaces {
 public:
  // context and offered, the queries of the mounting user, outlive it.
  UserPlaces(const Context& context, SavedQueries& offered) : context_(context), offered_(offered) {}

  UserPlace& of(uid_t user);
  // True if a query of any user, but this one, asks it; from memory.
  bool asks(const cache::QuerySpec& spec, std::optional<uid_t> but = std::nullopt) const;
  // The queries of this user, or of all, that are known already; reads no disk.
  std::vector<QueryDirectoryPtr> queries(std::optional<uid_t> user) const;
  // Ends the threads: what was asked for before is done.
  void end();

  static constexpr std::size_t kMostQueries = 1000;                        // of one user
  static constexpr std::int64_t kMostTextBytes = std::int64_t{16} << 20U;  // of one user, in memory

 private:
  std::vector<UserPlace*> all() const;

  const Context& context_;
  SavedQueries& offered_;
  mutable Guarded<std::map<uid_t, std::unique_ptr<UserPlace>>> places_;
};

}  // namespace esofs::fs
