// VOTable 1.3 as STIL writes it, with TABLEDATA, BINARY or BINARY2.

#include <array>
#include <bit>
#include <limits>

#include "tests/sim/tap/output/output.h"

namespace esofs::sim::tap {
namespace {

constexpr std::size_t kWidestLine = 4;   // STIL writes rows of up to four cells on one line
constexpr std::size_t kBase64Line = 57;  // bytes: 76 characters

constexpr std::string_view kHead =
    R"(<?xml version="1.0" encoding="UTF-8"?><VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3")"
    R"( xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance")"
    R"( xsi:schemaLocation="http://www.ivoa.net/xml/VOTable/v1.3 http://www.ivoa.net/xml/VOTable/v1.3">)"
    "\n<RESOURCE type=\"results\">\n<INFO name=\"QUERY_STATUS\" value=\"OK\"/>\n<INFO name=\"QUERY\" "
    "value=\"";

void append_attribute(std::string& out, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  out += ' ';
  out += name;
  out += "=\"" + xml_attribute(value) + '"';
}

// The value that means null in BINARY, which has no other null.
std::int64_t null_value(const Column& column) {
  if (column.datatype == "short") return std::numeric_limits<std::int16_t>::min();
  if (column.datatype == "int") return std::numeric_limits<std::int32_t>::min();
  return std::numeric_limits<std::int64_t>::min();
}

class VotableWriter : public TableWriter {
 public:
  void begin(const std::vector<Column>& columns, const std::string& query, std::string& out) override {
    columns_ = columns;
    out += kHead;
    out += xml_attribute(query) + "\"/>\n<TABLE>\n";
    for (const auto& column : columns) field(column, out);
    out += "<DATA>\n";
    out += opening();
  }

  void end(Ending ending, const std::string& message, std::string& out) override {
    out += closing();
    out += "</DATA>\n</TABLE>\n";
    if (ending == Ending::kOverflow) out += "<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>\n";
    if (ending == Ending::kFailed)
      out += "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">" + xml_text(message) + "</INFO>\n";
    out += "</RESOURCE>\n</VOTABLE>\n";
  }

 protected:
  const std::vector<Column>& columns() const { return columns_; }

 private:
  virtual std::string opening() = 0;
  virtual std::string closing() = 0;
  virtual bool needs_null_value() const { return false; }

  // Attributes in alphabetical order; strings are always "*", whatever TAP_SCHEMA says.
  void field(const Column& column, std::string& out) const {
    out += "<FIELD";
    if (column.datatype == "char") append_attribute(out, "arraysize", "*");
    append_attribute(out, "datatype", column.datatype);
    append_attribute(out, "name", column.name);
    append_attribute(out, "ucd", column.ucd);
    append_attribute(out, "unit", column.unit);
    append_attribute(out, "utype", column.utype);
    append_attribute(out, "xtype", column.xtype);
    const bool with_null = needs_null_value() && is_whole(column);
    if (column.description.empty() && !with_null) {
      out += "/>\n";
      return;
    }
    out += ">\n";
    if (!column.description.empty())
      out += "<DESCRIPTION>" + xml_text(column.description) + "</DESCRIPTION>\n";
    if (with_null) out += "<VALUES null=\"" + std::to_string(null_value(column)) + "\"/>\n";
    out += "</FIELD>\n";
  }

  std::vector<Column> columns_;
};

class TabledataWriter : public VotableWriter {
 public:
  void row(const Cursor& cursor, std::string& out) override {
    const bool one_line = columns().size() <= kWidestLine;
    out += one_line ? "<TR>" : "  <TR>\n";
    for (std::size_t i = 0; i < columns().size(); ++i) {
      out += one_line ? "<TD>" : "    <TD>";
      const Value value = cursor.value(i);
      if (value.type == PackedCell::Type::kText)
        append_xml_text(out, value.text);
      else
        append_cell(out, value, columns()[i]);
      out += one_line ? "</TD>" : "</TD>\n";
    }
    out += one_line ? "</TR>\n" : "  </TR>\n";
  }

 private:
  std::string opening() override { return "<TABLEDATA>\n"; }
  std::string closing() override { return "</TABLEDATA>\n"; }
};

// Writes pieces of bytes as lines of base64.
class Base64Lines {
 public:
  void add(std::string_view bytes, std::string& out) {
    pending_ += bytes;
    std::size_t done = 0;
    for (; pending_.size() - done >= kBase64Line; done += kBase64Line)
      line(std::string_view(pending_).substr(done, kBase64Line), out);
    pending_.erase(0, done);
  }
  void finish(std::string& out) {
    if (!pending_.empty()) line(pending_, out);
    pending_.clear();
  }

 private:
  static void line(std::string_view bytes, std::string& out) {
    constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
      std::uint32_t group = 0;
      for (std::size_t j = 0; j < 3; ++j)
        group = group << 8U | (i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U);
      for (std::size_t j = 0; j < 4; ++j)
        out += i + j > bytes.size() ? '=' : kDigits[group >> (18 - 6 * j) & 63U];
    }
    out += '\n';
  }

  std::string pending_;
};

class BinaryWriter : public VotableWriter {
 public:
  explicit BinaryWriter(bool flags) : flags_(flags) {}

  void row(const Cursor& cursor, std::string& out) override {
    bytes_.clear();
    if (flags_) append_flags(cursor);
    for (std::size_t i = 0; i < columns().size(); ++i) append_value(cursor.value(i), columns()[i]);
    lines_.add(bytes_, out);
  }

 private:
  std::string opening() override {
    return std::string(flags_ ? "<BINARY2>" : "<BINARY>") + "\n<STREAM encoding=\"base64\">\n";
  }
  std::string closing() override {
    std::string out;
    lines_.finish(out);
    return out + "</STREAM>\n" + (flags_ ? "</BINARY2>\n" : "</BINARY>\n");
  }
  bool needs_null_value() const override { return !flags_; }

  // A bit for each column, the first column's the highest.
  void append_flags(const Cursor& cursor) {
    std::string flags((columns().size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < columns().size(); ++i)
      if (cursor.value(i).null()) flags[i / 8] = static_cast<char>(flags[i / 8] | 0x80 >> i % 8);
    bytes_ += flags;
  }

  void append_value(const Value& value, const Column& column) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    if (column.datatype == "char") {
      std::string text;
      append_cell(text, value, column);
      append_big_endian(bytes_, static_cast<std::uint32_t>(text.size()));
      bytes_ += text;
    } else if (column.datatype == "double") {
      append_big_endian(bytes_, std::bit_cast<std::uint64_t>(value.null() ? nan : value.number()));
    } else if (column.datatype == "float") {
      append_big_endian(
          bytes_, std::bit_cast<std::uint32_t>(static_cast<float>(value.null() ? nan : value.number())));
    } else {
      append_whole(value, column);
    }
  }

  void append_whole(const Value& value, const Column& column) {
    const auto stored =
        value.type == PackedCell::Type::kInteger ? value.integer : static_cast<std::int64_t>(value.number());
    const std::int64_t number = value.null() ? null_value(column) : stored;
    if (column.datatype == "short")
      append_big_endian(bytes_, static_cast<std::uint16_t>(number));
    else if (column.datatype == "int")
      append_big_endian(bytes_, static_cast<std::uint32_t>(number));
    else
      append_big_endian(bytes_, static_cast<std::uint64_t>(number));
  }

  bool flags_;
  std::string bytes_;
  Base64Lines lines_;
};

}  // namespace

std::unique_ptr<TableWriter> make_votable_writer() { return std::make_unique<TabledataWriter>(); }
std::unique_ptr<TableWriter> make_binary_writer() { return std::make_unique<BinaryWriter>(false); }
std::unique_ptr<TableWriter> make_binary2_writer() { return std::make_unique<BinaryWriter>(true); }

}  // namespace esofs::sim::tap
