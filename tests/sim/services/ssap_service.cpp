#include "tests/sim/services/ssap_service.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <vector>

#include "tests/sim/tap/adql/geometry.h"
#include "tests/sim/tap/output/output.h"
#include "tests/sim/tap/parameters.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using tap::Column;
using tap::Parameters;

constexpr const char* kType = "text/xml;content=x-votable";
constexpr double kDefaultSizeDeg = 0.1;  // chosen by the service if SIZE is absent
constexpr std::int64_t kDefaultMaxrec = 2000;

std::string ssap_head() {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<VOTABLE version=\"1.1\" xmlns=\"http://www.ivoa.net/xml/VOTable/v1.1\""
         " xmlns:ssa=\"http://www.ivoa.net/xml/DalSsap/v1.1\">\n<RESOURCE type=\"results\">\n";
}
constexpr const char* kTail = "</RESOURCE>\n</VOTABLE>\n";

Answer refusal(const std::string& message) {
  return text_answer(200, kType,
                     ssap_head() + "<INFO name=\"QUERY_STATUS\" value=\"ERROR\">" + tap::xml_text(message) +
                         "</INFO>\n<INFO name=\"SERVICE_PROTOCOL\" value=\"1.1\">SSAP</INFO>\n" + kTail);
}

std::optional<double> number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = !text.empty() && read.ec == std::errc() && read.ptr == text.data() + text.size();
  return whole ? std::optional(value) : std::nullopt;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::size_t first = 0;
  for (std::size_t end = text.find(at); end != std::string::npos; end = text.find(at, first)) {
    parts.push_back(text.substr(first, end - first));
    first = end + 1;
  }
  parts.push_back(text.substr(first));
  return parts;
}

struct SearchRange {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool meets(double from, double to) const { return from <= high && to >= low; }
};

// "4e-7/5e-7", "/5e-7", "4e-7/", "4.5e-7"; what follows a ';' is a qualifier.
std::optional<SearchRange> wave_range(const std::string& text) {
  const auto ends = split(text.substr(0, text.find(';')), '/');
  if (ends.size() > 2) return std::nullopt;
  SearchRange range;
  const auto low = number(ends.front());
  const auto high = number(ends.back());
  if (ends.size() == 1) {
    if (!low) return std::nullopt;
    return SearchRange{*low, *low};
  }
  if ((!ends[0].empty() && !low) || (!ends[1].empty() && !high) || (ends[0].empty() && ends[1].empty()))
    return std::nullopt;
  if (low) range.low = *low;
  if (high) range.high = *high;
  return range;
}

// The year, month, day or instant that a prefix of ISO 8601 names, as MJD.
std::optional<SearchRange> instant(const std::string& text) {
  const auto number_at = [&text](std::size_t at, std::size_t size) {
    return text.size() >= at + size ? number(text.substr(at, size)) : std::nullopt;
  };
  const auto year = number_at(0, 4);
  if (!year) return std::nullopt;
  const std::string first = text.substr(0, 4) + "-";
  if (text.size() == 4)
    return SearchRange{mjd_of(first + "01-01T00:00:00"),
                       mjd_of(std::to_string(static_cast<int>(*year) + 1) + "-01-01T00:00:00")};
  if (text.size() == 7) {
    const double begin = mjd_of(text + "-01T00:00:00");
    return SearchRange{begin, begin + 31};
  }
  if (text.size() == 10) {
    const double begin = mjd_of(text + "T00:00:00");
    return SearchRange{begin, begin + 1};
  }
  const double at = mjd_of(text);
  return at > 0 ? std::optional(SearchRange{at, at}) : std::nullopt;
}

std::optional<SearchRange> time_range(const std::string& text) {
  const auto ends = split(text, '/');
  if (ends.size() > 2) return std::nullopt;
  SearchRange range;
  if (!ends.front().empty()) {
    const auto low = instant(ends.front());
    if (!low) return std::nullopt;
    range.low = low->low;
    if (ends.size() == 1) range.high = low->high;
  }
  if (ends.size() == 2 && !ends.back().empty()) {
    const auto high = instant(ends.back());
    if (!high) return std::nullopt;
    range.high = high->high;
  }
  return range;
}

struct Search {
  std::optional<tap::Direction> centre;
  double radius_deg = kDefaultSizeDeg / 2;
  std::vector<SearchRange> waves, times;
  std::vector<std::pair<std::string, std::string>> equal;  // column and value
  bool metadata = false;
  bool nothing = false;  // the request names a format that no spectrum here has
  std::int64_t maxrec = kDefaultMaxrec;
};

// A sentence that says what is wrong, or "".
std::string read_position(const Parameters& given, Search& search) {
  if (const auto pos = given.get("POS"); pos && !pos->empty()) {
    const auto parts = split(pos->substr(0, pos->find(';')), ',');
    const auto ra = number(parts.front());
    const auto dec = number(parts.back());
    if (parts.size() != 2 || !ra || !dec || std::abs(*dec) > 90)
      return "POS '" + *pos + "' is not ra,dec in degrees";
    search.centre = tap::direction(*ra, *dec);
  }
  if (const auto size = given.get("SIZE"); size && !size->empty()) {
    const auto diameter = number(*size);
    if (!diameter || *diameter < 0 || *diameter > 360)
      return "SIZE '" + *size + "' is no diameter in degrees";
    search.radius_deg = *diameter / 2;
  }
  return "";
}

std::string read_ranges(const Parameters& given, Search& search) {
  if (const auto band = given.get("BAND"); band && !band->empty()) {
    for (const auto& part : split(*band, ',')) {
      const auto range = wave_range(part);
      if (!range) return "BAND '" + part + "' is no range of wavelengths in metres";
      search.waves.push_back(*range);
    }
  }
  if (const auto time = given.get("TIME"); time && !time->empty()) {
    for (const auto& part : split(*time, ',')) {
      const auto range = time_range(part);
      if (!range) return "TIME '" + part + "' is no range of ISO 8601 dates";
      search.times.push_back(*range);
    }
  }
  return "";
}

std::string read_rest(const Parameters& given, Search& search) {
  const std::string format = tap::lower(given.get("FORMAT").value_or("all"));
  search.metadata = format == "metadata";
  const auto kinds = split(format, ',');
  search.nothing = !search.metadata && std::none_of(kinds.begin(), kinds.end(), [](const std::string& kind) {
    return kind.empty() || kind == "all" || kind == "compliant" || kind == "native" ||
           kind.find("fits") != std::string::npos;
  });
  for (const char* name : {"MAXREC", "TOP"}) {
    const auto most = given.get(name);
    if (!most || most->empty()) continue;
    const auto value = number(*most);
    if (!value || *value < 0 || *value != std::floor(*value))
      return std::string(name) + " '" + *most + "' is no number of rows";
    search.maxrec = static_cast<std::int64_t>(*value);
  }
  for (const char* name : {"COLLECTION", "TARGETNAME", "PUBDID", "CREATORDID", "FLUXCALIB", "WAVECALIB"}) {
    if (const auto value = given.get(name); value && !value->empty()) search.equal.emplace_back(name, *value);
  }
  return "";
}

double real_of(const TableRow& row, const char* column) {
  const auto cell = row.find(column);
  if (cell == row.end()) return std::nan("");
  if (const auto* real = std::get_if<double>(&cell->second)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(&cell->second)) return static_cast<double>(*whole);
  return std::nan("");
}

bool meets_any(const std::vector<SearchRange>& ranges, double from, double to) {
  return ranges.empty() || std::any_of(ranges.begin(), ranges.end(),
                                       [&](const SearchRange& range) { return range.meets(from, to); });
}

bool found_by(const TableRow& row, const Search& search) {
  if (search.nothing) return false;
  if (search.centre) {
    const auto place = tap::direction(real_of(row, "s_ra"), real_of(row, "s_dec"));
    if (tap::separation_deg(place, *search.centre) > search.radius_deg) return false;
  }
  if (!meets_any(search.waves, real_of(row, "em_min"), real_of(row, "em_max"))) return false;
  if (!meets_any(search.times, real_of(row, "t_min"), real_of(row, "t_max"))) return false;
  return std::all_of(search.equal.begin(), search.equal.end(), [&row](const auto& wanted) {
    const auto cell = row.find(wanted.first);
    const auto* text = cell == row.end() ? nullptr : std::get_if<std::string>(&cell->second);
    return text != nullptr && tap::same_word(*text, wanted.second);
  });
}

void append_attribute(std::string& out, const char* name, const std::string& value) {
  if (!value.empty()) out += std::string(" ") + name + "=\"" + tap::xml_attribute(value) + "\"";
}

void append_field(std::string& out, const Column& column) {
  out += "<FIELD";
  append_attribute(out, "name", column.name);
  append_attribute(out, "datatype", column.datatype);
  if (column.datatype == "char") {
    append_attribute(out, "arraysize", "*");
  } else if (column.name == "positionJ2000") {
    append_attribute(out, "arraysize", "2");
  }
  append_attribute(out, "unit", column.unit);
  append_attribute(out, "ucd", column.ucd);
  append_attribute(out, "utype", column.utype);
  out += "/>\n";
}

void append_row(std::string& out, const TableRow& row, const std::vector<Column>& columns) {
  out += "<TR>";
  for (const auto& column : columns) {
    out += "<TD>";
    if (const auto cell = row.find(column.name); cell != row.end()) {
      if (const auto* text = std::get_if<std::string>(&cell->second)) tap::append_xml_text(out, *text);
      if (const auto* whole = std::get_if<std::int64_t>(&cell->second)) out += std::to_string(*whole);
      if (const auto* real = std::get_if<double>(&cell->second)) tap::append_double(out, *real);
    }
    out += "</TD>";
  }
  out += "</TR>\n";
}

// The parameters that the service accepts, which FORMAT=METADATA adds (SSA 1.1 section 4.1.2).
std::string input_params() {
  struct Input {
    const char* name;
    const char* datatype;
    const char* unit;
    const char* value;
  };
  constexpr Input inputs[] = {{"POS", "char", "", ""},        {"SIZE", "double", "deg", "0.1"},
                              {"BAND", "char", "m", ""},      {"TIME", "char", "", ""},
                              {"FORMAT", "char", "", "all"},  {"MAXREC", "int", "", "2000"},
                              {"COLLECTION", "char", "", ""}, {"TARGETNAME", "char", "", ""}};
  std::string out;
  for (const auto& input : inputs) {
    out += std::string("<PARAM name=\"INPUT:") + input.name + "\" datatype=\"" + input.datatype + "\"";
    if (std::string_view(input.datatype) == "char") out += " arraysize=\"*\"";
    append_attribute(out, "unit", input.unit);
    out += std::string(" value=\"") + input.value + "\"/>\n";
  }
  return out;
}

}  // namespace

Answer SsapService::answer(const httplib::Request& request) const {
  const Parameters given(request);
  const std::string verb = given.get("REQUEST").value_or("");
  if (!tap::same_word(verb, "queryData"))
    return refusal(verb.empty() ? "The parameter REQUEST is missing" : "REQUEST '" + verb + "' is not known");
  Search search;
  for (const auto read : {read_position, read_ranges, read_rest}) {
    if (const auto wrong = read(given, search); !wrong.empty()) return refusal(wrong);
  }
  const tap::Table* table = schema_.find("dbo.ssa");
  std::string text = ssap_head() +
                     "<INFO name=\"QUERY_STATUS\" value=\"OK\"/>\n"
                     "<INFO name=\"SERVICE_PROTOCOL\" value=\"1.1\">SSAP</INFO>\n";
  if (search.metadata) text += input_params();
  text += "<TABLE>\n";
  for (const auto& column : table->columns) append_field(text, column);
  text += "<DATA>\n<TABLEDATA>\n";
  bool overflow = false;
  if (!search.metadata) {
    std::int64_t rows = 0;
    holdings_->rows("dbo.ssa", [&](const TableRow& row) {
      if (overflow || !found_by(row, search)) return;
      overflow = rows == search.maxrec;
      if (overflow) return;
      ++rows;
      append_row(text, row, table->columns);
    });
  }
  text += "</TABLEDATA>\n</DATA>\n</TABLE>\n";
  if (overflow) text += "<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>\n";
  return text_answer(200, kType, text + kTail);
}

}  // namespace esofs::sim
