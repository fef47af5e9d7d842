// A FITS binary table: an empty primary HDU, then one BINTABLE. Rows are kept until the end, because the head has their
// number and the width of the strings.

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <limits>

#include "tests/sim/tap/output/output.h"

namespace esofs::sim::tap {
namespace {

constexpr std::size_t kFitsBlock = 2880;
constexpr std::size_t kFitsCard = 80;

class Cards {
 public:
  void number(const std::string& keyword, std::int64_t value) { card(keyword, right(std::to_string(value))); }
  void logical(const std::string& keyword, bool value) { card(keyword, right(value ? "T" : "F")); }
  void text(const std::string& keyword, const std::string& value) {
    std::string quoted = "'";
    for (const char c : value.substr(0, 60)) quoted += c == '\'' ? std::string("''") : std::string(1, c);
    if (quoted.size() < 9) quoted.resize(9, ' ');
    card(keyword, quoted + "'");
  }
  std::string finish() {
    std::string out = std::move(cards_) + "END";
    out.resize((out.size() + kFitsBlock - 1) / kFitsBlock * kFitsBlock, ' ');
    return out;
  }

 private:
  static std::string right(const std::string& value) { return std::string(20 - value.size(), ' ') + value; }
  void card(std::string keyword, const std::string& value) {
    keyword.resize(8, ' ');
    std::string line = keyword + "= " + value;
    line.resize(kFitsCard, ' ');
    cards_ += line;
  }
  std::string cards_;
};

class FitsWriter : public TableWriter {
 public:
  void begin(const std::vector<Column>& columns, const std::string& /*query*/,
             std::string& /*out*/) override {
    columns_ = columns;
    widths_.assign(columns.size(), 1);
  }

  void row(const Cursor& cursor, std::string& /*out*/) override {
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const Value value = cursor.value(i);
      if (columns_[i].datatype != "char") {
        append_number(value, columns_[i]);
        continue;
      }
      std::string text;
      append_cell(text, value, columns_[i]);
      widths_[i] = std::max(widths_[i], text.size());
      append_big_endian(rows_, static_cast<std::uint32_t>(text.size()));
      rows_ += text;
    }
    ++count_;
  }

  void end(Ending /*ending*/, const std::string& /*message*/, std::string& out) override {
    out += primary();
    out += table_head();
    const std::size_t begin = out.size();
    append_rows(out);
    out.resize(begin + (out.size() - begin + kFitsBlock - 1) / kFitsBlock * kFitsBlock, '\0');
  }

 private:
  static std::string primary() {
    Cards cards;
    cards.logical("SIMPLE", true);
    cards.number("BITPIX", 8);
    cards.number("NAXIS", 0);
    cards.logical("EXTEND", true);
    return cards.finish();
  }

  std::size_t size(std::size_t i) const {
    const std::string& type = columns_[i].datatype;
    if (type == "char") return widths_[i];
    if (type == "short") return 2;
    return type == "int" || type == "float" ? 4 : 8;
  }

  std::string form(std::size_t i) const {
    const std::string& type = columns_[i].datatype;
    if (type == "char") return std::to_string(widths_[i]) + "A";
    if (type == "short") return "I";
    if (type == "int") return "J";
    if (type == "float") return "E";
    return type == "long" ? "K" : "D";
  }

  std::string table_head() const {
    std::size_t width = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) width += size(i);
    Cards cards;
    cards.text("XTENSION", "BINTABLE");
    cards.number("BITPIX", 8);
    cards.number("NAXIS", 2);
    cards.number("NAXIS1", static_cast<std::int64_t>(width));
    cards.number("NAXIS2", static_cast<std::int64_t>(count_));
    cards.number("PCOUNT", 0);
    cards.number("GCOUNT", 1);
    cards.number("TFIELDS", static_cast<std::int64_t>(columns_.size()));
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string n = std::to_string(i + 1);
      const Column& column = columns_[i];
      cards.text("TTYPE" + n, column.name);
      cards.text("TFORM" + n, form(i));
      if (!column.unit.empty()) cards.text("TUNIT" + n, column.unit);
      if (is_whole(column)) cards.number("TNULL" + n, null_value(column));
      if (!column.ucd.empty()) cards.text("TUCD" + n, column.ucd);
    }
    return cards.finish();
  }

  static std::int64_t null_value(const Column& column) {
    if (column.datatype == "short") return std::numeric_limits<std::int16_t>::min();
    if (column.datatype == "int") return std::numeric_limits<std::int32_t>::min();
    return std::numeric_limits<std::int64_t>::min();
  }

  void append_number(const Value& value, const Column& column) {
    const double real = value.null() ? std::numeric_limits<double>::quiet_NaN() : value.number();
    if (column.datatype == "double") return append_big_endian(rows_, std::bit_cast<std::uint64_t>(real));
    if (column.datatype == "float")
      return append_big_endian(rows_, std::bit_cast<std::uint32_t>(static_cast<float>(real)));
    const auto stored = value.type == PackedCell::Type::kInteger ? value.integer
                        : value.null()                           ? 0
                                                                 : static_cast<std::int64_t>(real);
    const std::int64_t number = value.null() ? null_value(column) : stored;
    if (column.datatype == "short") return append_big_endian(rows_, static_cast<std::uint16_t>(number));
    if (column.datatype == "int") return append_big_endian(rows_, static_cast<std::uint32_t>(number));
    append_big_endian(rows_, static_cast<std::uint64_t>(number));
  }

  // In kept rows each string follows its length; in the file strings are padded to one width.
  void append_rows(std::string& out) const {
    std::size_t here = 0;
    for (std::uint64_t row = 0; row < count_; ++row) {
      for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t length = size(i);
        if (columns_[i].datatype == "char") {
          length = 0;
          for (std::size_t j = 0; j < 4; ++j)
            length = length << 8U | static_cast<unsigned char>(rows_[here++]);
        }
        out.append(rows_, here, length);
        out.append(size(i) - length, '\0');
        here += length;
      }
    }
  }

  std::vector<Column> columns_;
  std::vector<std::size_t> widths_;
  std::string rows_;
  std::uint64_t count_ = 0;
};

}  // namespace

std::unique_ptr<TableWriter> make_fits_writer() { return std::make_unique<FitsWriter>(); }

}  // namespace esofs::sim::tap
