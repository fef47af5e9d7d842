#include "client/tables/fits_writer.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <complex>
#include <limits>
#include <optional>
#include <string>

#include "client/tables/fits_layout.h"

namespace esofs::client {
namespace {

constexpr std::size_t kHeapPiece = 1U << 20U;

void append_big_endian(std::uint64_t value, std::size_t bytes, std::string& to) {
  for (std::size_t left = bytes; left > 0; --left)
    to += static_cast<char>((value >> (8 * (left - 1))) & 0xffU);
}

void append_single(float value, std::string& to) {
  append_big_endian(std::bit_cast<std::uint32_t>(value), 4, to);
}
void append_double(double value, std::string& to) {
  append_big_endian(std::bit_cast<std::uint64_t>(value), 8, to);
}

template <class T>
T or_else(const Value& value, T otherwise) {
  const T* is = std::get_if<T>(&value.is);
  return is != nullptr ? *is : otherwise;
}

void append_logical(const Value& value, std::string& to) {
  if (const auto* truth = std::get_if<bool>(&value.is))
    to += *truth ? 'T' : 'F';
  else if (const auto* bit = std::get_if<std::int64_t>(&value.is))
    to += *bit != 0 ? 'T' : 'F';
  else
    to += '\0';
}

void append_string(const Value& value, std::size_t width, std::string& to) {
  const std::size_t end = to.size() + width;
  if (const auto* text = std::get_if<std::string>(&value.is)) to += fits_text(*text);
  to.resize(end, ' ');
}

// One element of a field; a value of any other type than the field's is null.
void append_element(const FitsField& field, const Value& value, std::string& to) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr double wide_nan = std::numeric_limits<double>::quiet_NaN();
  switch (field.code) {
    case 'A':
      return append_string(value, field.element_bytes, to);
    case 'L':
      return append_logical(value, to);
    case 'E':
      return append_single(or_else(value, nan), to);
    case 'D':
      return append_double(or_else(value, wide_nan), to);
    case 'C': {
      const auto number = or_else(value, std::complex<float>(nan, nan));
      append_single(number.real(), to);
      return append_single(number.imag(), to);
    }
    case 'M': {
      const auto number = or_else(value, std::complex<double>(wide_nan, wide_nan));
      append_double(number.real(), to);
      return append_double(number.imag(), to);
    }
    default:
      return append_big_endian(static_cast<std::uint64_t>(or_else(value, field.null.value_or(0))),
                               field.element_bytes, to);
  }
}

class FitsWriter : public TableWriter {
 public:
  explicit FitsWriter(ExportFile& file) : file_(file) {}

  Result<void> columns(const std::vector<Column>& columns) override {
    layout_.emplace(columns);
    return {};
  }
  bool surveys() const override { return true; }
  void survey(std::span<const Value> row) override { layout_->survey(row); }

  Result<void> begin() override {
    if (auto decided = layout_->decide(); !decided) return decided;
    auto header = layout_->header();
    if (!header) return header.error();
    data_at_ = header->size();
    heap_at_ = data_at_ + layout_->rows() * layout_->row_bytes();
    return file_.append(*header);
  }

  Result<void> row(std::span<const Value> row) override {
    if (++rows_ > layout_->rows()) return Error(EIO, "the answer has grown while it was read");
    row_.clear();
    for (std::size_t i = 0; i < layout_->fields().size(); ++i) append_cell(layout_->fields()[i], row[i]);
    if (auto written = file_.append(row_); !written) return written;
    return heap_.size() < kHeapPiece ? Result<void>{} : flush_heap();
  }

  Result<void> finish() override {
    if (rows_ != layout_->rows() || heap_bytes_ != layout_->heap_bytes())
      return Error(EIO, "the answer has changed while it was read");
    const std::uint64_t end = heap_at_ + heap_bytes_;
    heap_.append((kFitsBlock - end % kFitsBlock) % kFitsBlock, '\0');
    return flush_heap();
  }

 private:
  void append_cell(const FitsField& field, const Value& value) {
    const auto* array = std::get_if<ValueArray>(&value.is);
    if (field.heap) return append_descriptor(field, array != nullptr ? *array : no_elements_);
    for (std::uint64_t i = 0; i < field.elements; ++i) {
      if (array != nullptr)
        append_element(field, i < array->size() ? (*array)[i] : null_, row_);
      else
        append_element(field, i == 0 ? value : null_, row_);
    }
  }

  void append_descriptor(const FitsField& field, const ValueArray& array) {
    const std::size_t bytes = field.wide ? 8 : 4;
    append_big_endian(array.size(), bytes, row_);
    append_big_endian(array.empty() ? 0 : heap_bytes_, bytes, row_);
    for (const Value& element : array) append_element(field, element, heap_);
    heap_bytes_ += array.size() * field.element_bytes;
  }

  Result<void> flush_heap() {
    auto written = file_.write_at(heap_at_ + heap_flushed_, heap_);
    heap_flushed_ += heap_.size();
    heap_.clear();
    return written;
  }

  const Value null_{};
  const ValueArray no_elements_;
  ExportFile& file_;
  std::optional<FitsLayout> layout_;
  std::uint64_t data_at_ = 0;
  std::uint64_t heap_at_ = 0;
  std::uint64_t rows_ = 0;
  std::uint64_t heap_bytes_ = 0;
  std::uint64_t heap_flushed_ = 0;
  std::string row_;
  std::string heap_;
};

}  // namespace

std::unique_ptr<TableWriter> make_fits_writer(ExportFile& file) { return std::make_unique<FitsWriter>(file); }

}  // namespace esofs::client
