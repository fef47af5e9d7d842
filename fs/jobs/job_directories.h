// JobDirectories: what lies in jobs/ apart from what the archive answers: the query texts of own jobs, and the names that
// `rm` has taken away.
//
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "cache/answers/jobs.h"
#include "cache/catalog.h"
#include "client/base/guarded.h"
#include "fs/queries/saved_queries.h"
#include "fs/tree/context.h"

namespace esofs::fs {

class JobDirectories {
 public:
  // directory: the folder of the texts, SERVICE/NAME.adql. defaults: what a query has without directives.
  JobDirectories(std::shared_ptr<cache::Jobs> jobs, const std::filesystem::path& directory,
                 const std::function<std::int64_t()>& now, const cache::QuerySpec& defaults);

  cache::Jobs& jobs() const noexcept { return *jobs_; }
  // REQUIRES: service is one of jobs().services().
  SavedQueries& texts(const std::string& service) { return *texts_.at(service); }

  // The server has no such job any more: an own one loses its text too.
  void drop(const cache::JobInfo& job);

  // Names below jobs/, "SERVICE/JOB/FILE", that are gone in this mount until show_all().
  void hide(const std::string& name) { hidden_.lock()->insert(name); }
  bool hidden(const std::string& name) { return hidden_.lock()->contains(name); }
  void show_all(const std::string& job);  // "SERVICE/JOB"

 private:
  const std::shared_ptr<cache::Jobs> jobs_;
  std::map<std::string, std::unique_ptr<SavedQueries>> texts_;  // never changes
  Guarded<std::set<std::string>> hidden_;
};

// What the nodes of jobs/ share; all of it outlives them.
struct JobsPlace {
  Context& context;
  JobDirectories& directories;
  SavedQueries& queries;  // whose jobs are listed too

  cache::Jobs& jobs() const noexcept { return directories.jobs(); }
};

}  // namespace esofs::fs
