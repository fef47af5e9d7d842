#include "fs/queries/header_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <limits>
#include <string_view>

#include "client/base/text.h"

namespace esofs::fs {
namespace {

using Kind = HeaderValue::Kind;

constexpr std::size_t kFitsBlock = 2880;
constexpr std::size_t kMostFitsColumns = 999;

// The kind that all values of a column have; numbers of both kinds are reals, other mixtures texts.
Kind column_kind(const HeaderTable& table, std::size_t column) {
  Kind kind = Kind::kMissing;
  for (const auto& row : table.rows) {
    const Kind now = row[column].kind;
    if (now == Kind::kMissing || now == kind) continue;
    const bool numbers =
        (kind == Kind::kInteger && now == Kind::kReal) || (kind == Kind::kReal && now == Kind::kInteger);
    kind = kind == Kind::kMissing ? now : numbers ? Kind::kReal : Kind::kText;
  }
  return kind == Kind::kMissing ? Kind::kText : kind;
}

double real_of(const HeaderValue& value) {
  std::string text = value.text.starts_with('+') ? value.text.substr(1) : value.text;
  std::replace(text.begin(), text.end(), 'D', 'E');
  double number = std::numeric_limits<double>::quiet_NaN();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::int64_t whole_of(const HeaderValue& value) {
  const std::string text = value.text.starts_with('+') ? value.text.substr(1) : value.text;
  std::int64_t number = std::numeric_limits<std::int64_t>::min();
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string field = "\"";
  for (const char c : text) field += c == '"' ? "\"\"" : std::string(1, c);
  return field + '"';
}

std::string xml_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '&'   ? "&amp;"
           : c == '<' ? "&lt;"
           : c == '>' ? "&gt;"
           : c == '"' ? "&quot;"
                      : std::string(1, c);
  }
  return out;
}

// --- FITS ---

std::string fits_card(const std::string& keyword, const std::string& value) {
  std::string card = keyword;
  card.resize(8, ' ');
  card +=
      "= " + std::string(value.size() < 20 && !value.starts_with('\'') ? 20 - value.size() : 0, ' ') + value;
  card.resize(80, ' ');
  return card;
}

std::string fits_string(std::string text) {
  if (text.size() < 8) text.resize(8, ' ');
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

std::string ended_header(std::string cards) {
  cards += "END" + std::string(77, ' ');
  cards.resize((cards.size() + kFitsBlock - 1) / kFitsBlock * kFitsBlock, ' ');
  return cards;
}

void append_big_endian(std::string& bytes, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8)
    bytes += static_cast<char>(value >> static_cast<unsigned>(shift) & 0xffU);
}

struct FitsColumn {
  Kind kind;
  std::size_t width;  // in bytes
};

std::vector<FitsColumn> fits_columns(const HeaderTable& table) {
  std::vector<FitsColumn> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Kind kind = column_kind(table, i);
    std::size_t width = kind == Kind::kLogical ? 1 : 8;
    if (kind == Kind::kText) {
      width = 1;
      for (const auto& row : table.rows) width = std::max(width, row[i].text.size());
    }
    columns.push_back({kind, width});
  }
  return columns;
}

void append_cell(std::string& bytes, const FitsColumn& column, const HeaderValue& value) {
  const bool missing = value.kind == Kind::kMissing;
  if (column.kind == Kind::kInteger) {
    append_big_endian(bytes, static_cast<std::uint64_t>(missing ? std::numeric_limits<std::int64_t>::min()
                                                                : whole_of(value)));
  } else if (column.kind == Kind::kReal) {
    append_big_endian(bytes, std::bit_cast<std::uint64_t>(missing ? std::numeric_limits<double>::quiet_NaN()
                                                                  : real_of(value)));
  } else if (column.kind == Kind::kLogical) {
    bytes += missing ? '\0' : value.text[0];
  } else {
    std::string text = value.text;
    text.resize(column.width, ' ');
    bytes += text;
  }
}

}  // namespace

std::string header_csv(const HeaderTable& table) {
  std::string text;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    text += (i == 0 ? "" : ",") + csv_field(table.columns[i]);
  text += '\n';
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) text += (i == 0 ? "" : ",") + csv_field(row[i].text);
    text += '\n';
  }
  return text;
}

std::string header_votable(const HeaderTable& table) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<VOTABLE version=\"1.4\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.3\">\n"
      "<RESOURCE type=\"results\">\n<TABLE name=\"headers\">\n";
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const Kind kind = column_kind(table, i);
    text += "<FIELD name=\"" + xml_text(table.columns[i]) + "\" datatype=\"" +
            (kind == Kind::kInteger   ? "long\""
             : kind == Kind::kReal    ? "double\""
             : kind == Kind::kLogical ? "boolean\""
                                      : "char\" arraysize=\"*\"") +
            "/>\n";
  }
  text += "<DATA><TABLEDATA>\n";
  for (const auto& row : table.rows) {
    text += "<TR>";
    for (const auto& value : row) text += "<TD>" + xml_text(value.text) + "</TD>";
    text += "</TR>\n";
  }
  return text + "</TABLEDATA></DATA>\n</TABLE>\n</RESOURCE>\n</VOTABLE>\n";
}

Result<std::string> header_fits(const HeaderTable& table) {
  if (table.columns.size() > kMostFitsColumns)
    return Error(EOVERFLOW, "a FITS table has " + std::to_string(kMostFitsColumns) + " columns at most");
  const auto columns = fits_columns(table);
  std::size_t row_bytes = 0;
  for (const auto& column : columns) row_bytes += column.width;
  std::string file = ended_header(fits_card("SIMPLE", "T") + fits_card("BITPIX", "8") +
                                  fits_card("NAXIS", "0") + fits_card("EXTEND", "T"));
  std::string cards = fits_card("XTENSION", fits_string("BINTABLE")) + fits_card("BITPIX", "8") +
                      fits_card("NAXIS", "2") + fits_card("NAXIS1", std::to_string(row_bytes)) +
                      fits_card("NAXIS2", std::to_string(table.rows.size())) + fits_card("PCOUNT", "0") +
                      fits_card("GCOUNT", "1") + fits_card("TFIELDS", std::to_string(columns.size())) +
                      fits_card("EXTNAME", fits_string("HEADERS"));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const Kind kind = columns[i].kind;
    cards += fits_card("TTYPE" + number, fits_string(table.columns[i]));
    cards += fits_card("TFORM" + number,
                       fits_string(kind == Kind::kInteger   ? "K"
                                   : kind == Kind::kReal    ? "D"
                                   : kind == Kind::kLogical ? "L"
                                                            : std::to_string(columns[i].width) + "A"));
    if (kind == Kind::kInteger)
      cards += fits_card("TNULL" + number, std::to_string(std::numeric_limits<std::int64_t>::min()));
  }
  file += ended_header(std::move(cards));
  for (const auto& row : table.rows) {
    for (std::size_t i = 0; i < columns.size(); ++i) append_cell(file, columns[i], row[i]);
  }
  file.resize((file.size() + kFitsBlock - 1) / kFitsBlock * kFitsBlock, '\0');
  return file;
}

}  // namespace esofs::fs
