#include "client/base/angle.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

namespace esofs {
namespace {

constexpr double kDegreesOfHour = 15;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// The digits, with one point among them or not, that `text` begins with; they are taken off. "" if there are none.
std::string_view take_number(std::string_view& text) {
  std::size_t end = 0;
  bool point = false;
  bool any = false;
  for (; end < text.size(); ++end) {
    if (is_digit(text[end])) {
      any = true;
    } else if (text[end] == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (!any) return {};
  const auto number = text.substr(0, end);
  text.remove_prefix(end);
  return number;
}

std::optional<double> value_of(std::string_view number) {
  double value = 0;
  const auto read =
      std::from_chars(number.data(), number.data() + number.size(), value, std::chars_format::fixed);
  if (read.ec != std::errc() || read.ptr != number.data() + number.size()) return std::nullopt;
  return value;
}

// Degrees of one of the decimal units; nullopt for other words.
std::optional<double> unit_degrees(std::string_view unit) {
  if (unit.empty() || unit == "deg") return 1;
  if (unit == "arcmin") return 1.0 / 60;
  if (unit == "arcsec") return 1.0 / 3600;
  if (unit == "mas") return 1.0 / 3'600'000;
  return std::nullopt;
}

struct Parts {
  std::array<double, 3> values{};
  std::size_t count = 0;
};

// Takes parts that end with the marks given, which may be left out from the end; `last_marked`: the last part has its mark
// too ("5h35m"), as colons do not ("5:35").
std::optional<Parts> parts_of(std::string_view text, std::string_view marks, bool last_marked) {
  Parts parts;
  bool fraction = false;
  while (!text.empty() && parts.count < 3) {
    const auto number = take_number(text);
    if (number.empty() || fraction) return std::nullopt;  // only the last part may have a fraction
    fraction = number.find('.') != std::string_view::npos;
    const auto value = value_of(number);
    if (!value || (parts.count > 0 && *value >= 60)) return std::nullopt;
    const bool marked = !text.empty() && text.front() == marks[parts.count];
    if (marked) {
      text.remove_prefix(1);
      if (!last_marked && text.empty()) return std::nullopt;
    } else if (last_marked || !text.empty()) {
      return std::nullopt;
    }
    parts.values[parts.count++] = *value;
  }
  if (!text.empty() || parts.count == 0) return std::nullopt;
  return parts;
}

std::optional<double> sexagesimal(std::string_view text, double degrees_of_colon) {
  std::optional<Parts> parts;
  double first = 1;
  if (text.find(':') != std::string_view::npos) {
    parts = parts_of(text, ":::", false);
    first = degrees_of_colon;
  } else if (text.find('h') != std::string_view::npos) {
    parts = parts_of(text, "hms", true);
    first = kDegreesOfHour;
  } else {
    parts = parts_of(text, "dms", true);
  }
  if (!parts) return std::nullopt;
  return first * (parts->values[0] + parts->values[1] / 60 + parts->values[2] / 3600);
}

std::optional<double> decimal(std::string_view text) {
  const auto number = take_number(text);
  const auto unit = unit_degrees(text);
  if (number.empty() || !unit) return std::nullopt;
  const auto value = value_of(number);
  if (!value) return std::nullopt;
  // Divided, not multiplied by a rounded unit: 30arcsec is the double nearest to 30/3600.
  return *unit == 1 ? *value : *value / std::round(1 / *unit);
}

std::optional<double> angle(std::string_view text, double degrees_of_colon) {
  constexpr std::size_t longest = 64;
  if (text.empty() || text.size() > longest) return std::nullopt;
  const bool minus = text.front() == '-';
  if (minus || text.front() == '+') text.remove_prefix(1);
  auto value = decimal(text);
  if (!value) value = sexagesimal(text, degrees_of_colon);
  if (!value || !std::isfinite(*value)) return std::nullopt;
  return minus ? -*value : *value;
}

}  // namespace

std::optional<double> parse_angle(std::string_view text) { return angle(text, 1); }

std::optional<double> parse_right_ascension(std::string_view text) {
  const auto value = angle(text, kDegreesOfHour);
  if (!value || *value < 0 || *value > 360) return std::nullopt;
  return *value == 360 ? 0 : *value;
}

std::optional<double> parse_declination(std::string_view text) {
  const auto value = angle(text, 1);
  if (!value || std::abs(*value) > 90) return std::nullopt;
  return value;
}

std::optional<double> parse_radius(std::string_view text) {
  const auto value = text.starts_with('-') || text.starts_with('+') ? std::nullopt : decimal(text);
  if (!value || !(*value > 0) || *value > 180) return std::nullopt;
  return value;
}

std::string angle_text(double degrees) {
  if (degrees == 0) return "0";  // and no "-0"
  std::array<char, 400> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), degrees, std::chars_format::fixed).ptr;
  return {text.data(), end};
}

}  // namespace esofs
