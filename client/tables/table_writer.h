// TableWriter: one output format of export_table(), and the file that it writes.
//
//   errors   those of the disk; EOVERFLOW: the table does not fit the format
//   threads  one table, one thread
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/base/result.h"
#include "client/base/unique_fd.h"
#include "client/model/model.h"

namespace esofs::client {

// A file, written from its beginning. Small pieces are gathered; after an error every later call returns that error.
class ExportFile {
 public:
  static Result<ExportFile> create(const std::filesystem::path& path);
  // One without a name, which is gone with its last descriptor.
  static Result<ExportFile> in_memory();

  // Behind all that was appended before.
  Result<void> append(std::string_view bytes);
  // Anywhere; not gathered. REQUIRES: nothing is appended there.
  Result<void> write_at(std::uint64_t offset, std::string_view bytes);
  // All is on the disk.
  Result<void> finish();
  UniqueFd descriptor() && { return std::move(fd_); }

 private:
  explicit ExportFile(UniqueFd fd) : fd_(std::move(fd)) {}
  Result<void> flush();

  UniqueFd fd_;
  std::string gathered_;
  std::uint64_t flushed_ = 0;
};

class TableWriter {
 public:
  virtual ~TableWriter() = default;

  // Once, first.
  virtual Result<void> columns(const std::vector<Column>& columns) = 0;
  // Where surveys() is true, every row passes here before begin().
  virtual bool surveys() const { return false; }
  virtual void survey(std::span<const Value> /*row*/) {}
  // Then, once, before the first row().
  virtual Result<void> begin() = 0;
  virtual Result<void> row(std::span<const Value> row) = 0;
  virtual Result<void> finish() = 0;
};

}  // namespace esofs::client
