#include "client/votable/table.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "client/base/text.h"

namespace esofs::client {

TableRows::TableRows(VotableEvents& events, const VotableReader::Options& options)
    : events_(events), options_(options) {}

void TableRows::begin(const std::vector<Column>& columns, bool char_is_utf8) {
  types_.clear();
  for (const auto& column : columns) types_.push_back(cell_type(column, char_is_utf8));
  row_.resize(columns.size());
  rows_ = 0;
}

Result<void> TableRows::emit(std::span<const Value> row) {
  ++rows_;
  auto taken = events_.row(row);
  refused_ = !taken;
  return taken;
}

void TableRows::begin_row() { column_ = 0; }

void TableRows::cell(std::string_view text, bool base64) {
  if (column_ >= types_.size()) return;
  const CellType& type = types_[column_];
  Value& value = row_[column_++];
  if (!base64) {
    if (!read_cell_text(type, text, value)) ++unparsable_;
    return;
  }
  Base64Decoder decoder;
  bytes_.clear();
  if (trimmed(text).empty()) return set_null(value);
  if (decoder.decode(text, bytes_) && decoder.finish(bytes_) && read_cell_binary(type, bytes_, value)) return;
  set_null(value);
  ++unparsable_;
}

Result<void> TableRows::end_row() {
  for (; column_ < row_.size(); ++column_) set_null(row_[column_]);
  return emit(row_);
}

void TableRows::begin_stream(Stream stream) {
  stream_ = std::move(stream);
  base64_ = {};
  gunzip_.reset();
  binary_.reset();
  fits_.reset();
  const auto sink = [this](std::span<const Value> row, std::uint64_t unparsable) {
    unparsable_ += unparsable;
    return emit(row);
  };
  if (stream_.kind == Serialization::kFits)
    fits_ = std::make_unique<FitsRows>(types_, stream_.fits_hdu, sink);
  else
    binary_ = std::make_unique<BinaryRows>(types_, stream_.kind == Serialization::kBinary2,
                                           options_.most_text_bytes, sink);
  if (stream_.encoding == "gzip" || stream_.encoding == "dynamic")
    gunzip_ = std::make_unique<Gunzip>([this](std::span<const std::byte> bytes) { return decoded(bytes); });
}

Result<void> TableRows::decoded(std::span<const std::byte> bytes) {
  return fits_ ? fits_->push(bytes) : binary_->push(bytes);
}

Result<void> TableRows::push(std::span<const std::byte> bytes) {
  return gunzip_ ? gunzip_->push(bytes) : decoded(bytes);
}

Result<void> TableRows::stream_text(std::string_view text) {
  if (!stream_.href.empty()) return {};
  bytes_.clear();
  if (auto read = base64_.decode(text, bytes_); !read) return read;
  return bytes_.empty() ? Result<void>{} : push(bytes_);
}

Result<void> TableRows::fetch() {
  if (!options_.fetch_stream) return Error(ENOTSUP, "the rows lie in another file, " + stream_.href);
  auto file = options_.fetch_stream(stream_.href);
  if (!file) return file.error().at("the rows in " + stream_.href);
  if (stream_.encoding == "base64") {
    bytes_.clear();
    if (auto read = base64_.decode(*file, bytes_); !read) return read;
    return push(bytes_);
  }
  return push(std::as_bytes(std::span(*file)));
}

Result<void> TableRows::end_stream() {
  if (!stream_.href.empty())
    if (auto fetched = fetch(); !fetched) return fetched;
  bytes_.clear();
  if (auto ended = base64_.finish(bytes_); !ended) return ended;
  if (!bytes_.empty())
    if (auto pushed = push(bytes_); !pushed) return pushed;
  if (gunzip_)
    if (auto ended = gunzip_->finish(); !ended) return ended;
  return fits_ ? fits_->finish() : binary_->finish();
}

}  // namespace esofs::client
