#include "fs/tables/table_texts.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>
#include <vector>

#include "client/base/text.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

// Our name of a column, and TAP_SCHEMA's.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kFields{
    {{"name", "column_name"},
     {"datatype", "datatype"},
     {"arraysize", "arraysize"},
     {"unit", "unit"},
     {"ucd", "ucd"},
     {"utype", "utype"},
     {"xtype", "xtype"},
     {"principal", "principal"},
     {"indexed", "indexed"},
     {"std", "std"},
     {"description", "description"}}};

void append_field(const std::string& field, std::string& text) {
  if (field.find_first_of(",\"\r\n") == std::string::npos) {
    text += field;
    return;
  }
  text += '"';
  for (const char c : field) text.append(c == '"' ? 2 : 1, c);
  text += '"';
}

// Further lines of a value are indented, so that only keys begin a line.
void append_fact(const std::string& key, const std::string& value, std::string& text) {
  if (value.empty()) return;
  text += key + ": ";
  for (const char c : value) {
    if (c == '\n')
      text += "\n    ";
    else
      text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  text += '\n';
}

}  // namespace

Result<std::string> columns_csv(const cache::Listing& columns) {
  std::vector<std::string> names;
  for (const auto& column : columns.columns()) names.push_back(lower(column.name));
  const auto place = [&names](std::string_view name) {
    return static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  };
  const std::size_t index_at = place("column_index");
  // TAP 1.0 has the length of a text in "size" instead.
  const std::size_t length_at = place("arraysize") < names.size() ? place("arraysize") : place("size");
  std::vector<std::pair<std::int64_t, std::string>> lines;
  for (std::uint64_t i = 0; i < columns.rows(); ++i) {
    const auto row = columns.row(i);
    if (!row) return row.error();
    const auto text = [&row](std::size_t at) {
      return at < row->size() ? value_text((*row)[at]) : std::string();
    };
    std::string line;
    for (const auto& [ours, theirs] : kFields) {
      if (!line.empty()) line += ',';
      append_field(text(theirs == "arraysize" ? length_at : place(theirs)), line);
    }
    std::int64_t index = 0;
    const std::string digits = text(index_at);
    std::from_chars(digits.data(), digits.data() + digits.size(), index);
    lines.emplace_back(index, std::move(line));
  }
  std::stable_sort(lines.begin(), lines.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string csv;
  for (const auto& [ours, theirs] : kFields) csv += (csv.empty() ? "" : ",") + std::string(ours);
  csv += '\n';
  for (const auto& [index, line] : lines) csv += line + '\n';
  return csv;
}

std::string table_description(const std::string& service, const std::string& path, const TableInfo& table,
                              const TableAxes& axes) {
  std::string text;
  append_fact("table", table.adql, text);
  append_fact("service", service, text);
  append_fact("schema", table.schema, text);
  for (const auto& [key, value] : table.facts) append_fact(key, value, text);
  append_fact("superseded by", table.superseded_by, text);
  append_fact("position columns", axes.ra.empty() ? "" : axes.ra + ", " + axes.dec, text);
  append_fact("time column", axes.time, text);
  text +=
      "\nIts columns are in columns.csv, its first rows in sample.csv. To ask for others, save a query:\n";
  text += "    mkdir queries/NAME\n";
  text += "    printf '%s\\n' '-- service: " + service + "' 'SELECT TOP 100 * FROM " + table.adql +
          "' > queries/NAME/query.adql\n";
  text += "    cat queries/NAME/table/result.csv\n";
  if (!axes.ra.empty())
    text += "Around a position, as .csv, .tsv, .json, .fits, .txt or .vot:\n    cat " + path.substr(1) +
            "/cone/RA_DEC_30arcsec.csv\n";
  if (!axes.time.empty())
    text += "Of a night, from noon to noon UTC, in the same forms:\n    cat " + path.substr(1) +
            "/night/2024-01-31.csv\n";
  return text;
}

}  // namespace esofs::fs
