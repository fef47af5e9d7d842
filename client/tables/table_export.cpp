#include "client/tables/table_export.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <functional>
#include <system_error>
#include <utility>
#include <vector>

#include "client/base/text.h"
#include "client/tables/fits_writer.h"
#include "client/tables/json_writer.h"
#include "client/tables/table_writer.h"
#include "client/tables/text_writer.h"
#include "client/tables/votable_writer.h"

namespace esofs::client {
namespace {

constexpr std::size_t kReadBytes = 256U << 10U;
constexpr std::size_t kGatheredBytes = 1U << 20U;

Error system_error(int code, const std::string& what) {
  return {code == 0 ? EIO : code, what + ": " + std::generic_category().message(code)};
}

Result<void> write_all(int fd, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return system_error(written < 0 ? errno : ENOSPC, "writing a table");
    bytes.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
  return {};
}

// The table of a document that a TAP client takes, as far as its first `most_rows` rows.
class FirstTable : public VotableEvents {
 public:
  using Columns = std::function<Result<void>(const std::vector<Column>&)>;
  using Rows = std::function<Result<void>(std::span<const Value>)>;
  FirstTable(std::uint64_t most_rows, Columns columns, Rows row)
      : most_rows_(most_rows), columns_(std::move(columns)), row_(std::move(row)) {}

  Result<void> table(const VotableTable& table) override {
    taking_ = !found_ && (table.resource.type.empty() || same_word(table.resource.type, "results"));
    if (!taking_) return {};
    found_ = true;
    return columns_(table.columns);
  }
  Result<void> row(std::span<const Value> row) override {
    if (!taking_ || rows_ == most_rows_) return {};
    ++rows_;
    return row_(row);
  }

  bool found() const { return found_; }
  std::uint64_t rows() const { return rows_; }

 private:
  const std::uint64_t most_rows_;
  const Columns columns_;
  const Rows row_;
  bool found_ = false;
  bool taking_ = false;
  std::uint64_t rows_ = 0;
};

Result<void> read_table(const ExportSource& source, FirstTable& events, const std::stop_token& stop) {
  const UniqueFd fd(::open(source.votable.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return system_error(errno, "opening " + source.votable.string());
  VotableReader reader(events, source.options);
  std::vector<std::byte> buffer(kReadBytes);
  while (true) {
    if (stop.stop_requested()) return Error(EINTR, "stopped");
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return system_error(errno, "reading " + source.votable.string());
    if (got == 0) break;
    auto pushed = reader.push(std::span(buffer).first(static_cast<std::size_t>(got)));
    if (!pushed) return pushed;
  }
  if (auto ended = reader.finish(); !ended) return ended;
  if (!events.found()) return Error(ENODATA, "the document holds no table");
  return {};
}

std::unique_ptr<TableWriter> make_writer(TableFormat format, ExportFile& file) {
  switch (format) {
    case TableFormat::kCsv:
      return make_csv_writer(file);
    case TableFormat::kTsv:
      return make_tsv_writer(file);
    case TableFormat::kJson:
      return make_json_writer(file);
    case TableFormat::kFits:
      return make_fits_writer(file);
    case TableFormat::kText:
      break;
  }
  return make_text_writer(file);
}

// All rows by a writer of the file.
Result<UniqueFd> written(const ExportRows& rows, TableWriter& writer, ExportFile& file) {
  if (auto taken = writer.columns(rows.columns); !taken) return taken.error();
  for (std::uint64_t number = 0; writer.surveys() && number < rows.count; ++number) {
    const auto row = rows.row(number);
    if (!row) return row.error();
    writer.survey(*row);
  }
  if (auto begun = writer.begin(); !begun) return begun.error();
  for (std::uint64_t number = 0; number < rows.count; ++number) {
    const auto row = rows.row(number);
    if (!row) return row.error();
    if (auto taken = writer.row(*row); !taken) return taken.error();
  }
  if (auto finished = writer.finish(); !finished) return finished.error();
  if (auto finished = file.finish(); !finished) return finished.error();
  return std::move(file).descriptor();
}

}  // namespace

// --- ExportFile ---

Result<ExportFile> ExportFile::create(const std::filesystem::path& path) {
  UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (!fd) return system_error(errno, "creating " + path.string());
  return ExportFile(std::move(fd));
}

Result<ExportFile> ExportFile::in_memory() {
  UniqueFd fd(::memfd_create("esofs-table", MFD_CLOEXEC));
  if (!fd) return system_error(errno, "making a table in memory");
  return ExportFile(std::move(fd));
}

Result<void> ExportFile::append(std::string_view bytes) {
  gathered_ += bytes;
  return gathered_.size() < kGatheredBytes ? Result<void>{} : flush();
}

Result<void> ExportFile::write_at(std::uint64_t offset, std::string_view bytes) {
  return write_all(fd_.get(), offset, bytes);
}

Result<void> ExportFile::flush() {
  auto written = write_all(fd_.get(), flushed_, gathered_);
  if (!written) return written;
  flushed_ += gathered_.size();
  gathered_.clear();
  return {};
}

Result<void> ExportFile::finish() {
  if (auto flushed = flush(); !flushed) return flushed;
  if (::fdatasync(fd_.get()) != 0 && errno != EINVAL) return system_error(errno, "writing a table");
  return {};
}

// --- export_table ---

Result<std::uint64_t> export_table(const ExportSource& source, TableFormat format,
                                   const std::filesystem::path& target, const std::stop_token& stop) {
  auto file = ExportFile::create(target);
  if (!file) return file.error();
  const auto writer = make_writer(format, *file);
  const bool surveys = writer->surveys();
  if (surveys) {
    FirstTable survey(
        source.most_rows, [&](const std::vector<Column>& columns) { return writer->columns(columns); },
        [&](std::span<const Value> row) {
          writer->survey(row);
          return Result<void>{};
        });
    if (auto read = read_table(source, survey, stop); !read) return read.error();
  }
  FirstTable table(
      source.most_rows,
      [&](const std::vector<Column>& columns) -> Result<void> {
        if (!surveys) {
          if (auto taken = writer->columns(columns); !taken) return taken;
        }
        return writer->begin();
      },
      [&](std::span<const Value> row) { return writer->row(row); });
  if (auto read = read_table(source, table, stop); !read) return read.error();
  if (auto finished = writer->finish(); !finished) return finished.error();
  if (auto finished = file->finish(); !finished) return finished.error();
  return table.rows();
}

Result<UniqueFd> export_in_memory(const ExportRows& rows, TableFormat format) {
  auto file = ExportFile::in_memory();
  if (!file) return file.error();
  return written(rows, *make_writer(format, *file), *file);
}

Result<UniqueFd> votable_in_memory(const ExportRows& rows, bool truncated) {
  auto file = ExportFile::in_memory();
  if (!file) return file.error();
  return written(rows, *make_votable_writer(*file, truncated), *file);
}

}  // namespace esofs::client
