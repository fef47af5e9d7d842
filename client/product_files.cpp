#include "client/product_files.h"

#include <cerrno>
#include <string_view>
#include <utility>

#include "client/base/text.h"
#include "client/services/adql.h"

namespace esofs::client {

namespace {

constexpr std::uint64_t kMostFiles = 10'000;  // of one product; those with most have some hundreds

std::optional<std::size_t> column_named(const std::vector<Column>& columns, std::string_view name) {
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (same_word(columns[i].name, name)) return i;
  }
  return std::nullopt;
}

class FilesSink : public TableSink {
 public:
  explicit FilesSink(const Archive& archive) : archive_(archive) {}

  Result<void> bytes(std::span<const std::byte>) override { return {}; }
  Result<void> columns(const std::vector<Column>& columns) override {
    reader_ = archive_.dataset_reader(columns);
    category_ = column_named(columns, "eso_category");
    original_ = column_named(columns, "original_filename");
    if (!reader_) return Error(EIO, "the table of the product's files does not name them");
    return {};
  }
  Result<void> row(std::span<const Value> row) override {
    const auto dataset = reader_(row);
    if (!dataset) return {};
    ProductFile file;
    file.id = dataset->id;
    file.access_url = dataset->access == AccessKind::kFile ? dataset->access_url : "";
    file.extension = dataset->extension;
    file.estimate_bytes = dataset->estimate_bytes;
    file.category = text(row, category_);
    file.original_name = text(row, original_);
    files.push_back(std::move(file));
    return {};
  }
  void job_started(const std::string&) override {}
  void restart() override { files.clear(); }

  std::vector<ProductFile> files;

 private:
  static std::string text(std::span<const Value> row, std::optional<std::size_t> place) {
    if (!place || *place >= row.size()) return "";
    const auto* text = std::get_if<std::string>(&row[*place].is);
    return text != nullptr ? *text : "";
  }

  const Archive& archive_;
  std::function<std::optional<Dataset>(std::span<const Value>)> reader_;
  std::optional<std::size_t> category_;
  std::optional<std::size_t> original_;
};

}  // namespace

Result<std::vector<ProductFile>> product_files(Archive& archive, const Identifiers& ids,
                                               const std::string& id, Lane::Turn& turn) {
  const auto& profile = ids.profile();
  if (profile.product_files_table.empty() || !ids.valid(id) || ids.raw(id))
    return Error(ENOTSUP, "the archive has no table of the files that belong to " + id);
  QueryRequest request;
  request.adql = "SELECT * FROM " + profile.product_files_table + " WHERE " + profile.product_id_column +
                 " = " + adql_literal(Identifiers::canonical(id));
  const auto service = service_of(profile, request.adql);
  if (service) request.service = (*service)->name;
  request.maxrec = kMostFiles;
  request.mode = QueryMode::kSync;
  FilesSink sink(archive);
  auto summary = archive.query(request, sink, turn);
  if (!summary) return summary.error().at("the files of " + id);
  return std::move(sink.files);
}

}  // namespace esofs::client
