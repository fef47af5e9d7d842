// Tree: what every node has in common, and the root, where the kinds of directories are put together.
//
// A further kind of directory (browse/, tables/, jobs/ …) is a class derived from Node and a line in Tree::make_root().
//
//   threads  thread-safe; nodes hold a reference, so the tree outlives them
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cache/catalog.h"
#include "cache/content/file_cache.h"
#include "fs/jobs/job_directories.h"
#include "fs/queries/saved_queries.h"
#include "fs/tree/config.h"
#include "fs/tree/error_log.h"
#include "fs/tree/node.h"
#include "fs/tree/timer.h"

namespace esofs::fs {

struct BrowseState;

class Tree {
 public:
  // catalog, files and timer outlive the tree. status: JSON members of the file system itself for .esofs/status.json.
  Tree(Config config, cache::Catalog& catalog, cache::FileCache& files, Timer& timer,
       std::function<std::string()> status);
  ~Tree();
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  const Config& config() const noexcept { return config_; }
  cache::Catalog& catalog() const noexcept { return catalog_; }
  cache::FileCache& files() const noexcept { return files_; }
  // A file of a dataset, opened for `user`; nullopt: for who mounted.
  Cancel open_file(std::optional<uid_t> user, const client::Dataset& dataset, cache::Form form,
                   Done<std::shared_ptr<cache::OpenFile>> done) const;
  // What anybody's openings have told of it.
  cache::FileFacts facts(const client::Dataset& dataset, cache::Form form) const;
  Timer& timer() const noexcept { return timer_; }
  SavedQueries& queries() noexcept { return queries_; }
  JobDirectories* jobs() const noexcept { return jobs_.get(); }  // null: the archive has none
  ErrorLog& errors() noexcept { return errors_; }
  BrowseState& browse() noexcept { return *browse_; }
  // What a query asks where no directive says otherwise.
  cache::QuerySpec query_defaults() const;
  std::int64_t now() const { return config_.now(); }
  // The time of generated files that have no better one: that of the mount.
  std::int64_t mounted_at() const noexcept { return mounted_at_; }

  NodePtr make_root();

 private:
  std::string errors_text() const;

  const Config config_;
  cache::Catalog& catalog_;
  cache::FileCache& files_;
  Timer& timer_;
  const std::function<std::string()> status_;
  const std::int64_t mounted_at_;
  SavedQueries queries_;
  const std::unique_ptr<JobDirectories> jobs_;
  ErrorLog errors_;
  std::unique_ptr<BrowseState> browse_;
};

// The kernel's timeouts, in seconds.
inline constexpr double kLongTimeout = 3600;    // what never changes by itself
inline constexpr double kShortTimeout = 1;      // what this or another mount may change
inline constexpr double kAbsentInListing = 2;   // a refresh may bring the name
inline constexpr double kAbsentByGrammar = 60;  // no name of this directory, as far as anybody knows

}  // namespace esofs::fs
