#include "fs/positions/positions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "client/base/angle.h"
#include "client/base/angle_fault.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"

namespace esofs::fs {
namespace {

constexpr std::size_t kLongestLabel = 60;

struct CsvLine {
  std::size_t number = 0;
  std::vector<std::string> fields;
};

Error bad_line(std::size_t number, const std::string& fault) {
  return {EINVAL, std::string(kPositionsFile) + " line " + std::to_string(number) + ": " + fault};
}

// Takes one record off the front of `text`. A quoted field may hold separators, line ends and doubled quotes.
Result<CsvLine> take_line(std::string_view& text, std::size_t& number, char separator) {
  CsvLine line{number, {std::string()}};
  bool quoted = false;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '\n') ++number;
    if (quoted && c == '"' && text.substr(at + 1).starts_with('"')) {
      line.fields.back() += text[++at];
    } else if (c == '"' && (quoted || trimmed(line.fields.back()).empty())) {
      quoted = !quoted;
    } else if (!quoted && c == '\n') {
      break;
    } else if (!quoted && c == separator) {
      line.fields.emplace_back();
    } else {
      line.fields.back() += c;
    }
  }
  if (quoted) return bad_line(line.number, "a \" is never closed");
  text.remove_prefix(std::min(at + 1, text.size()));
  for (auto& field : line.fields) field = std::string(trimmed(field));
  return line;
}

char separator_of(std::string_view header) {
  for (const char c : {',', ';', '\t'}) {
    if (header.find(c) != std::string_view::npos) return c;
  }
  return ',';
}

// "_RAJ2000" and "ra (deg)" are "raj2000" and "radeg".
std::string bare_head(std::string_view head) {
  std::string text;
  for (const char c : lower(head)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) text += c;
  }
  return text;
}

template <std::size_t N>
std::optional<std::size_t> column_named(const std::vector<std::string>& heads,
                                        const std::array<std::string_view, N>& names) {
  for (const auto name : names) {
    const auto found = std::find_if(heads.begin(), heads.end(),
                                    [name](const auto& head) { return bare_head(head) == name; });
    if (found != heads.end()) return static_cast<std::size_t>(found - heads.begin());
  }
  return std::nullopt;
}

constexpr std::array<std::string_view, 11> kRaHeads{"ra",     "radeg",          "raj2000",   "raj2000deg",
                                                    "ra2000", "raicrs",         "radegrees", "sra",
                                                    "alpha",  "rightascension", "alphaj2000"};
constexpr std::array<std::string_view, 15> kDecHeads{
    "dec",    "decdeg",  "dej2000",    "decj2000", "dej2000deg", "decj2000deg", "dec2000",   "de2000",
    "deicrs", "decicrs", "decdegrees", "sdec",     "delta",      "declination", "deltaj2000"};
constexpr std::array<std::string_view, 15> kNameHeads{
    "name",   "id",       "target",     "targetname", "object", "objectname",  "objectid", "objid",
    "source", "sourceid", "sourcename", "mainid",     "star",   "designation", "label"};

struct PositionColumns {
  std::size_t count = 0;
  std::size_t ra = 0;
  std::size_t dec = 0;
  std::optional<std::size_t> name;
};

Result<PositionColumns> columns_of(const CsvLine& header) {
  const auto ra = column_named(header.fields, kRaHeads);
  const auto dec = column_named(header.fields, kDecHeads);
  if (ra && dec)
    return PositionColumns{header.fields.size(), *ra, *dec, column_named(header.fields, kNameHeads)};
  const bool numbers = std::any_of(header.fields.begin(), header.fields.end(),
                                   [](const auto& field) { return parse_angle(field).has_value(); });
  std::string fault = numbers ? "the first line must be a header" : "the header names no column for the ";
  if (!numbers)
    fault += std::string(!ra && !dec ? "right ascension and the declination"
                         : !ra       ? "right ascension"
                                     : "declination");
  return bad_line(header.number, fault + ", such as name,ra,dec or _RAJ2000,_DEJ2000");
}

// Numbers may have exponents, as programs write them; "05 35 17.3" is "05:35:17.3".
std::string angle_field(const std::string& field) {
  double number = 0;
  const auto read = std::from_chars(field.data(), field.data() + field.size(), number);
  if (read.ec == std::errc() && read.ptr == field.data() + field.size() && std::isfinite(number))
    return angle_text(number);
  std::string text = field;
  std::replace(text.begin(), text.end(), ' ', ':');
  return text;
}

Result<Position> position_of(const CsvLine& line, const PositionColumns& columns, std::size_t number) {
  const std::size_t least = std::max(columns.ra, columns.dec) + 1;
  if (line.fields.size() < least)
    return bad_line(line.number, "it has " + std::to_string(line.fields.size()) + " fields, and the header " +
                                     std::to_string(least) + " or more");
  const auto filled = std::find_if(line.fields.rbegin(), line.fields.rend(),
                                   [](const auto& field) { return !field.empty(); });
  const bool more = static_cast<std::size_t>(line.fields.rend() - filled) > columns.count;
  if (more)
    return bad_line(line.number,
                    "it has " + std::to_string(line.fields.size()) + " fields, and the header " +
                        std::to_string(columns.count) +
                        "; numbers have a decimal point, and a name with a separator is put in \"\"");
  if (line.fields[columns.ra].empty() || line.fields[columns.dec].empty())
    return bad_line(line.number, line.fields[columns.ra].empty() ? "the right ascension is empty"
                                                                 : "the declination is empty");
  const std::string ra = angle_field(line.fields[columns.ra]);
  const std::string dec = angle_field(line.fields[columns.dec]);
  const auto ra_deg = parse_right_ascension(ra);
  if (!ra_deg) return bad_line(line.number, right_ascension_fault(ra));
  const auto dec_deg = parse_declination(dec);
  if (!dec_deg) return bad_line(line.number, declination_fault(dec));
  Position position;
  position.ra_deg = *ra_deg;
  position.dec_deg = *dec_deg;
  if (columns.name && *columns.name < line.fields.size()) position.name = line.fields[*columns.name];
  if (position.name.empty()) position.name = std::to_string(number);
  return position;
}

void label(std::vector<Position>& positions) {
  std::set<std::string> taken;
  for (auto& position : positions) {
    std::string wanted = portable_name(safe_name(position.name)).substr(0, kLongestLabel);
    while (wanted.find("__") != std::string::npos) wanted.erase(wanted.find("__"), 1);
    position.label = wanted;
    for (int i = 2; !taken.insert(lower(position.label)).second; ++i)
      position.label = wanted + "-" + std::to_string(i);
  }
}

bool skipped(std::string_view text) {
  const auto line = trimmed(text.substr(0, text.find('\n')));
  return line.empty() || line.starts_with('#');
}

}  // namespace

Result<std::vector<Position>> parse_positions(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);  // the byte order mark that Windows writes
  std::vector<Position> positions;
  std::optional<PositionColumns> columns;
  char separator = ',';
  for (std::size_t number = 1; !text.empty();) {
    if (skipped(text)) {
      text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
      ++number;
      continue;
    }
    if (!columns) separator = separator_of(text.substr(0, text.find('\n')));
    auto line = take_line(text, number, separator);
    if (!line) return line.error();
    if (!columns) {
      auto found = columns_of(*line);
      if (!found) return found.error();
      columns = *found;
      continue;
    }
    auto position = position_of(*line, *columns, positions.size() + 1);
    if (!position) return position.error();
    if (positions.size() == kMostPositions)
      return bad_line(line->number, "more than " + std::to_string(kMostPositions) +
                                        " positions; make several queries of them");
    positions.push_back(*std::move(position));
  }
  label(positions);
  return positions;
}

}  // namespace esofs::fs
