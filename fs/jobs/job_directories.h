// JobDirectories: what lies in jobs/ apart from what the archive answers: the query texts of own jobs, and the names that
// `rm` has taken away.
//
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "cache/answers/jobs.h"
#include "cache/catalog.h"
#include "client/base/guarded.h"
#include "fs/queries/saved_queries.h"
#include "fs/queries/user_places.h"
#include "fs/tree/context.h"

namespace esofs::fs {

class JobDirectories {
 public:
  // The store of the texts of a service's jobs, in a folder of this name.
  using MakeStore = std::function<std::unique_ptr<const TextStore>(const std::string& folder)>;
  // defaults: what a query has without directives. base: whose the texts are.
  JobDirectories(std::shared_ptr<cache::Jobs> jobs, const MakeStore& make_store,
                 const std::function<std::int64_t()>& now, const cache::QuerySpec& defaults,
                 const TextFolder& base = {});

  cache::Jobs& jobs() const noexcept { return *jobs_; }
  // REQUIRES: service is one of jobs().services().
  SavedQueries& texts(const std::string& service) { return *texts_.at(service); }

  const std::optional<uid_t>& owner() const noexcept { return owner_; }
  HomeThread* home() const noexcept { return home_; }

  // The job was removed, an own one with its text.
  void drop(const cache::JobInfo& job);
  // The service has no such job any more. The text of a user of a shared mount stays, and can be run again; others are dropped.
  void forgotten(const cache::JobInfo& job);
  // True for an own job of such a user that the service has forgotten in this mount.
  bool is_forgotten(const cache::JobInfo& job) { return forgotten_.lock()->contains(key(job)); }

  // Names below jobs/, "SERVICE/JOB/FILE", that are gone in this mount until show_all().
  void hide(const std::string& name) { hidden_.lock()->insert(name); }
  bool hidden(const std::string& name) { return hidden_.lock()->contains(name); }
  void show_all(const std::string& job);  // "SERVICE/JOB"

 private:
  static std::string key(const cache::JobInfo& job) { return job.service + "/" + job.name; }

  const std::shared_ptr<cache::Jobs> jobs_;
  const std::optional<uid_t> owner_;
  HomeThread* const home_;
  std::map<std::string, std::unique_ptr<SavedQueries>> texts_;  // never changes
  Guarded<std::set<std::string>> hidden_;
  Guarded<std::set<std::string>> forgotten_;  // by key()
};

// The jobs of each user of a shared mount.
//
//   threads  thread-safe; reads no disk
class UserJobs {
 public:
  // folder: of the archive, "jobs/NAME". All that is passed by reference outlives it.
  UserJobs(const Context& context, UserPlaces& users, std::filesystem::path folder)
      : context_(context), users_(users), folder_(std::move(folder)) {}
  JobDirectories& of(uid_t user);
  SavedQueries& queries_of(uid_t user) { return users_.of(user).queries; }

 private:
  const Context& context_;
  UserPlaces& users_;
  const std::filesystem::path folder_;
  Guarded<std::map<uid_t, std::unique_ptr<JobDirectories>>> jobs_;
};

// What the nodes of jobs/ share; all of it outlives them.
struct JobsPlace {
  Context& context;
  JobDirectories& directories;
  SavedQueries& queries;      // whose jobs are listed too
  UserJobs* users = nullptr;  // of the other users of a shared mount; nullptr: everybody has these jobs

  cache::Jobs& jobs() const noexcept { return directories.jobs(); }
};

}  // namespace esofs::fs
