// QueryStore: the texts of saved queries on disk, <directory>/<name>.adql, one file a query; and <name>.positions.csv of a
// query with a list of positions.
//
// A save is whole or absent: temporary file, fsync, rename, fsync of the directory. Several mounts may share the directory.
//
//   errors   those of open(2), write(2), rename(2): EACCES, ENOSPC, EIO …; the sentence names the file
//   threads  thread-safe; blocks on the local disk only. Savers of one name must take turns.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::fs {

class QueryStore {
 public:
  struct Saved {
    std::string text;
    std::int64_t mtime_ns = 0;  // since 1970: shows whether another mount has saved since
    std::string positions;
    std::int64_t positions_ns = 0;  // 0: there are none
  };

  explicit QueryStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // The names of all saved queries, sorted; files whose name is no query name are skipped.
  Result<std::vector<std::string>> names() const;
  Result<Saved> load(const std::string& name) const;  // ENOENT: no such query
  // The file's time; ENOENT: no such query.
  Result<std::int64_t> mtime_ns(const std::string& name) const;
  // Returns the new file's time. Creates the directory (0700) if needed.
  Result<std::int64_t> save(const std::string& name, const std::string& text) const;
  // Of the list of positions; 0: there is none.
  std::int64_t positions_ns(const std::string& name) const;
  Result<std::int64_t> save_positions(const std::string& name, const std::string& text) const;
  Result<void> remove_positions(const std::string& name) const;
  // A query with its positions.
  Result<void> remove(const std::string& name) const;
  Result<void> rename(const std::string& from, const std::string& to) const;

 private:
  std::filesystem::path file(const std::string& name) const;
  std::filesystem::path positions_file(const std::string& name) const;
  Result<std::int64_t> save_as(const std::filesystem::path& path, const std::string& text) const;

  std::filesystem::path directory_;
};

}  // namespace esofs::fs
