#include "tests/sim/tap/output/output.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace esofs::sim::tap {
namespace {

constexpr std::string_view kIds = "ivo://ivoa.net/std/TAPRegExt#output-votable-";

// Java writes numbers from a thousandth to ten million without an exponent, others as d.dddEn.
template <class Number>
void append_java(std::string& out, Number value) {
  if (std::isnan(value)) {
    out += "NaN";
    return;
  }
  if (std::isinf(value)) {
    out += value < 0 ? "-Infinity" : "Infinity";
    return;
  }
  std::array<char, 64> buffer{};
  char* const begin = buffer.data();
  const Number size = std::abs(value);
  const bool plain = size == 0 || (size >= static_cast<Number>(1e-3) && size < static_cast<Number>(1e7));
  const auto form = plain ? std::chars_format::fixed : std::chars_format::scientific;
  char* const end = std::to_chars(begin, begin + buffer.size(), value, form).ptr;
  char* const exponent = plain ? end : std::find(begin, end, 'e');
  out.append(begin, exponent);
  if (std::find(begin, exponent, '.') == exponent) out += ".0";
  if (plain) return;
  int power = 0;
  const char* digits = exponent[1] == '+' ? exponent + 2 : exponent + 1;
  std::from_chars(digits, end, power);
  out += 'E' + std::to_string(power);
}

bool same_without_blanks(std::string_view a, std::string_view b) {
  std::string plain;
  for (const char c : a)
    if (c != ' ' && c != '"') plain += c;
  return same_word(plain, b);
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::string votable = "application/x-votable+xml";
  static const std::vector<Format> all = {
      {{"votable", "votable/td", votable, votable + ";serialization=tabledata", "text/xml",
        "application/xml"},
       votable,
       votable + ";charset=UTF-8",
       std::string(kIds) + "td",
       make_votable_writer},
      {{"votable/base64", "votable/b", votable + ";serialization=binary"},
       votable + ";serialization=BINARY",
       votable + ";serialization=BINARY",
       std::string(kIds) + "binary",
       make_binary_writer},
      {{"votable/b2", votable + ";serialization=binary2"},
       votable + ";serialization=BINARY2",
       votable + ";serialization=BINARY2",
       std::string(kIds) + "binary2",
       make_binary2_writer},
      {{"fits", "application/fits"}, "application/fits", "application/fits", "", make_fits_writer},
      {{"json", "application/json"},
       "application/json",
       "application/json;charset=UTF-8",
       "",
       make_json_writer},
      {{"csv", "text/csv", "text/csv;header=present"},
       "text/csv",
       "text/csv;charset=UTF-8;header=present",
       "",
       make_csv_writer},
      {{"tsv", "text/tab-separated-values"},
       "text/tab-separated-values",
       "text/tab-separated-values;charset=UTF-8",
       "",
       make_tsv_writer},
      {{"text", "text/plain"}, "text/plain", "text/plain;charset=UTF-8", "", make_text_writer},
      {{"html", "text/html"}, "text/html", "text/html;charset=UTF-8", "", make_html_writer}};
  return all;
}

const Format* find_format(std::string_view name) {
  for (const auto& format : formats())
    for (const auto& known : format.names)
      if (same_without_blanks(name, known)) return &format;
  return nullptr;
}

void append_double(std::string& out, double value) { append_java(out, value); }
void append_float(std::string& out, double value) { append_java(out, static_cast<float>(value)); }

bool is_whole(const Column& column) {
  return column.datatype == "int" || column.datatype == "short" || column.datatype == "long";
}

void append_cell(std::string& out, const Value& value, const Column& column) {
  if (value.null()) return;
  if (value.type == PackedCell::Type::kText) {
    out += value.text;
  } else if (value.type == PackedCell::Type::kInteger && column.datatype != "double" &&
             column.datatype != "float") {
    out += std::to_string(value.integer);
  } else if (is_whole(column)) {
    out += std::to_string(static_cast<std::int64_t>(value.number()));
  } else if (column.datatype == "float") {
    append_float(out, value.number());
  } else {
    append_double(out, value.number());
  }
}

void append_xml_text(std::string& out, std::string_view text) {
  if (text.find_first_of("&<>") == std::string_view::npos) {
    out += text;
    return;
  }
  for (const char c : text) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else
      out += c;
  }
}

std::string xml_text(std::string_view text) {
  std::string out;
  append_xml_text(out, text);
  return out;
}

std::string xml_attribute(std::string_view text) {
  std::string out;
  for (const char c : xml_text(text)) {
    if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&apos;";
    else if (c == '\n')
      out += "&#10;";
    else if (c == '\r')
      out += "&#13;";
    else if (c == '\t')
      out += "&#9;";
    else
      out += c;
  }
  return out;
}

}  // namespace esofs::sim::tap
