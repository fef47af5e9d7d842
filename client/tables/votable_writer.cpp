#include "client/tables/votable_writer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <string_view>

#include "client/base/text.h"
#include "client/tables/table_text.h"

namespace esofs::client {
namespace {

void append_xml(std::string_view text, std::string& to) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      to += "&amp;";
    else if (c == '<')
      to += "&lt;";
    else if (c == '>')
      to += "&gt;";
    else if (c == '"')
      to += "&quot;";
    else if (c == '\r')
      to += "&#13;";
    else
      to += byte < 0x20 && c != '\t' && c != '\n' ? ' ' : c;  // no XML document holds them
  }
}

void append_attribute(const char* name, const std::string& value, std::string& to) {
  if (value.empty()) return;
  to += ' ';
  to += name;
  to += "=\"";
  append_xml(value, to);
  to += '"';
}

// The length of each text of an array of texts: 8 of "8x3"; 0: it says none.
std::size_t text_length(const std::string& arraysize) {
  std::size_t length = 0;
  const auto end = std::min(arraysize.find_first_not_of("0123456789"), arraysize.size());
  std::from_chars(arraysize.data(), arraysize.data() + end, length);
  return length;
}

void append_cell(const Value& value, const Column& column, std::string& to);

void append_list(const ValueArray& list, const Column& column, std::string& to) {
  const bool texts = column.datatype == "char" || column.datatype == "unicodeChar";
  if (std::all_of(list.begin(), list.end(), [](const Value& element) { return element.null(); })) return;
  std::string cell;
  for (const Value& element : list) {
    const std::size_t begin = cell.size();
    if (!texts && begin > 0) cell += ' ';
    if (element.null() && !texts) cell += column.null_value.empty() ? "NaN" : column.null_value;
    if (const auto* text = std::get_if<std::string>(&element.is)) cell += *text;
    if (texts)
      cell.resize(std::max(cell.size(), begin + text_length(column.arraysize)), ' ');
    else if (!element.null())
      append_cell(element, column, cell);
  }
  append_xml(cell, to);
}

void append_cell(const Value& value, const Column& column, std::string& to) {
  const auto infinite = [&to](auto number) {
    if (std::isinf(number)) to += number > 0 ? "+Inf" : "-Inf";
    return std::isinf(number);
  };
  if (const auto* list = std::get_if<ValueArray>(&value.is)) return append_list(*list, column, to);
  if (const auto* text = std::get_if<std::string>(&value.is)) return append_xml(*text, to);
  if (const auto* number = std::get_if<double>(&value.is); number != nullptr && infinite(*number)) return;
  if (const auto* number = std::get_if<float>(&value.is); number != nullptr && infinite(*number)) return;
  append_cell_text(value, to);
}

class VotableWriter : public TableWriter {
 public:
  VotableWriter(ExportFile& file, bool truncated) : file_(file), truncated_(truncated) {}

  Result<void> columns(const std::vector<Column>& columns) override {
    columns_ = columns;
    return {};
  }
  Result<void> begin() override {
    std::string text =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n"
        "<RESOURCE type=\"results\">\n<INFO name=\"QUERY_STATUS\" value=\"OK\"/>\n<TABLE>\n";
    for (const Column& column : columns_) append_field(column, text);
    return file_.append(text + "<DATA><TABLEDATA>\n");
  }
  Result<void> row(std::span<const Value> row) override {
    std::string text = "<TR>";
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      text += "<TD>";
      if (i < row.size()) append_cell(row[i], columns_[i], text);
      text += "</TD>";
    }
    return file_.append(text + "</TR>\n");
  }
  Result<void> finish() override {
    return file_.append(std::string("</TABLEDATA></DATA>\n</TABLE>\n") +
                        (truncated_ ? "<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>\n" : "") +
                        "</RESOURCE>\n</VOTABLE>\n");
  }

 private:
  static void append_field(const Column& column, std::string& to) {
    to += "<FIELD";
    append_attribute("name", column.name, to);
    append_attribute("ID", column.id, to);
    append_attribute("datatype", column.datatype, to);
    append_attribute("arraysize", column.arraysize, to);
    append_attribute("unit", column.unit, to);
    append_attribute("ucd", column.ucd, to);
    append_attribute("utype", column.utype, to);
    append_attribute("xtype", column.xtype, to);
    append_attribute("width", column.width, to);
    append_attribute("precision", column.precision, to);
    if (column.description.empty() && column.null_value.empty()) {
      to += "/>\n";
      return;
    }
    to += '>';
    if (!column.description.empty()) {
      to += "<DESCRIPTION>";
      append_xml(column.description, to);
      to += "</DESCRIPTION>";
    }
    if (!column.null_value.empty()) {
      to += "<VALUES";
      append_attribute("null", column.null_value, to);
      to += "/>";
    }
    to += "</FIELD>\n";
  }

  ExportFile& file_;
  const bool truncated_;
  std::vector<Column> columns_;
};

}  // namespace

std::unique_ptr<TableWriter> make_votable_writer(ExportFile& file, bool truncated) {
  return std::make_unique<VotableWriter>(file, truncated);
}

}  // namespace esofs::client
