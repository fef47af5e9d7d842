#include "client/tables/table_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <complex>
#include <cstdint>
#include <type_traits>
#include <utility>

namespace esofs::client {
namespace {

template <class Number>
void append_number(Number number, std::string& to) {
  std::array<char, 40> text{};
  const auto [end, code] = std::to_chars(text.data(), text.data() + text.size(), number);
  to.append(text.data(), end);
}

template <class Float>
void append_float(Float number, std::string& to) {
  if (std::isnan(number)) {
    to += "NaN";
  } else if (std::isinf(number)) {
    to += number > 0 ? "Infinity" : "-Infinity";
  } else {
    const std::size_t begin = to.size();
    append_number(number, to);
    if (to.find_first_of(".e", begin) == std::string::npos) to += ".0";
  }
}

template <class Float>
void append_float_json(Float number, std::string& to) {
  if (std::isfinite(number))
    append_float(number, to);
  else
    to += "null";
}

void append_elements(const ValueArray& array, std::string& to) {
  const bool texts = std::any_of(array.begin(), array.end(), [](const Value& element) {
    return std::holds_alternative<std::string>(element.is);
  });
  if (texts) return append_cell_json(Value{array}, to);
  if (std::all_of(array.begin(), array.end(), [](const Value& element) { return element.null(); })) return;
  bool first = true;
  for (const Value& element : array) {
    if (!std::exchange(first, false)) to += ' ';
    if (element.null())
      to += "null";
    else
      append_cell_text(element, to);
  }
}

}  // namespace

void append_cell_text(const Value& value, std::string& to) {
  std::visit(
      [&to](const auto& is) {
        using Is = std::decay_t<decltype(is)>;
        if constexpr (std::is_same_v<Is, bool>) {
          to += is ? "true" : "false";
        } else if constexpr (std::is_same_v<Is, std::int64_t>) {
          append_number(is, to);
        } else if constexpr (std::is_floating_point_v<Is>) {
          append_float(is, to);
        } else if constexpr (std::is_same_v<Is, std::complex<float>> ||
                             std::is_same_v<Is, std::complex<double>>) {
          append_float(is.real(), to);
          to += ' ';
          append_float(is.imag(), to);
        } else if constexpr (std::is_same_v<Is, std::string>) {
          to += is;
        } else if constexpr (std::is_same_v<Is, ValueArray>) {
          append_elements(is, to);
        }
      },
      value.is);
}

void append_cell_json(const Value& value, std::string& to) {
  std::visit(
      [&to, &value](const auto& is) {
        using Is = std::decay_t<decltype(is)>;
        if constexpr (std::is_same_v<Is, std::monostate>) {
          to += "null";
        } else if constexpr (std::is_same_v<Is, bool> || std::is_same_v<Is, std::int64_t>) {
          append_cell_text(value, to);
        } else if constexpr (std::is_floating_point_v<Is>) {
          append_float_json(is, to);
        } else if constexpr (std::is_same_v<Is, std::string>) {
          append_json_string(is, to);
        } else if constexpr (std::is_same_v<Is, ValueArray>) {
          to += '[';
          for (std::size_t i = 0; i < is.size(); ++i) {
            if (i > 0) to += ',';
            append_cell_json(is[i], to);
          }
          to += ']';
        } else {
          to += '[';
          append_float_json(is.real(), to);
          to += ',';
          append_float_json(is.imag(), to);
          to += ']';
        }
      },
      value.is);
}

void append_json_string(std::string_view text, std::string& to) {
  constexpr std::string_view hex = "0123456789abcdef";
  to += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (c == '\n') {
      to += "\\n";
    } else if (c == '\t') {
      to += "\\t";
    } else if (byte < 0x20) {
      to += "\\u00";
      to += hex[byte >> 4U];
      to += hex[byte & 15U];
    } else {
      to += c;
    }
  }
  to += '"';
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(
      utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

}  // namespace esofs::client
