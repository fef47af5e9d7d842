// Context: what every node of the tree shares.
//
//   threads  thread-safe; nodes hold a reference, so it outlives them
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "cache/catalog.h"
#include "cache/content/file_cache.h"
#include "fs/tree/config.h"
#include "fs/tree/error_log.h"
#include "fs/tree/listing_names.h"
#include "fs/tree/made_directories.h"
#include "fs/tree/timer.h"

namespace esofs::fs {

class Context {
 public:
  // catalog, files and timer outlive the context.
  Context(Config config, cache::Catalog& catalog, cache::FileCache& files, Timer& timer);
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  const Config& config() const noexcept { return config_; }
  cache::Catalog& catalog() const noexcept { return catalog_; }
  cache::FileCache& files() const noexcept { return files_; }
  Timer& timer() const noexcept { return timer_; }
  ErrorLog& errors() noexcept { return errors_; }
  ListingNames& names() const noexcept { return names_; }
  MadeDirectories& made_directories() noexcept { return made_directories_; }
  const client::Identifiers& ids() const noexcept { return *config_.ids; }
  std::int64_t now() const { return config_.now(); }
  // The time of generated files that have no better one: that of the mount.
  std::int64_t mounted_at() const noexcept { return mounted_at_; }
  // A query without directives.
  cache::QuerySpec query_defaults() const;

  // A file of a dataset, opened with the login of `user`; nullopt: of the mounting user.
  Cancel open_file(std::optional<uid_t> user, const client::Dataset& dataset, cache::Form form,
                   Done<std::shared_ptr<cache::OpenFile>> done) const;
  // What is known of it from the opens of all users.
  cache::FileFacts facts(const client::Dataset& dataset, cache::Form form) const;

 private:
  const Config config_;
  cache::Catalog& catalog_;
  cache::FileCache& files_;
  Timer& timer_;
  const std::int64_t mounted_at_;
  ErrorLog errors_;
  mutable ListingNames names_;  // a memory of what listings say
  MadeDirectories made_directories_;
};

// The kernel's timeouts, in seconds.
inline constexpr double kLongTimeout = 3600;    // what never changes by itself
inline constexpr double kShortTimeout = 1;      // what this or another mount may change
inline constexpr double kAbsentInListing = 2;   // a refresh may bring the name
inline constexpr double kAbsentByGrammar = 60;  // no name of this directory, as far as anybody knows

}  // namespace esofs::fs
