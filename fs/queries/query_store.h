// QueryStore: a TextStore on disk: <directory>/<name>.adql, one file a query, and <name>.positions.csv beside it if it has a list of
// positions.
//
// A save is whole or absent: temporary file, fsync, rename, fsync of the directory. Several mounts may share the directory: a
// file's time has nanoseconds, so that it shows each save, and changes are made under a lock of the directory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/result.h"
#include "fs/queries/text_store.h"

namespace esofs::fs {

class QueryStore : public TextStore {
 public:
  explicit QueryStore(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Removes the temporary files of processes that were killed while they saved.
  void remove_leftovers() const;

  Result<std::vector<std::string>> names() const override;
  Result<Saved> load(const std::string& name) const override;
  Result<std::int64_t> mtime_ns(const std::string& name) const override;
  Result<std::int64_t> save(const std::string& name, const std::string& text,
                            std::optional<std::int64_t> before) const override;
  std::int64_t positions_ns(const std::string& name) const override;
  Result<std::int64_t> save_positions(const std::string& name, const std::string& text,
                                      std::optional<std::int64_t> before) const override;
  Result<void> remove_positions(const std::string& name) const override;
  Result<void> remove(const std::string& name) const override;
  Result<void> rename(const std::string& from, const std::string& to) const override;

 private:
  std::filesystem::path file(const std::string& name) const;
  std::filesystem::path positions_file(const std::string& name) const;
  Result<std::int64_t> save_as(const std::filesystem::path& path, const std::string& text,
                               std::optional<std::int64_t> before) const;

  const std::filesystem::path directory_;
};

}  // namespace esofs::fs
