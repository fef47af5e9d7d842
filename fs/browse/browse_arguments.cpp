#include "fs/browse/browse_arguments.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cmath>
#include <regex>
#include <utility>

#include "client/base/angle.h"
#include "client/base/angle_fault.h"
#include "client/base/iso_time.h"
#include "client/base/safe_name.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

using Kind = ArgumentValue::Kind;

constexpr std::size_t kLongest = 115;  // bytes of a name: MIDAS takes no longer paths
constexpr std::int64_t kMjdOfUnixEpoch = 40587;
constexpr std::chrono::sys_days kFirstDay{std::chrono::year(1900) / 1 / 1};

bool is_letter_or_digit(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

bool plain_name(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("._+~:-").find(c) != std::string_view::npos;
  });
}

// "X.fits", "X.fits.Z", "login.cl": tools try such names. Digits after the last point are fine.
bool has_extension(std::string_view text) {
  if (may_name_a_dataset(text)) return true;
  const auto point = text.rfind('.');
  if (point == std::string_view::npos || point + 1 == text.size()) return point != std::string_view::npos;
  const auto extension = text.substr(point + 1);
  return extension.size() > 1 && std::all_of(extension.begin(), extension.end(),
                                             [](unsigned char c) { return std::isalpha(c) != 0; });
}

// The characters of names in archives, without those of patterns, shells and tools' guesses.
bool is_text(std::string_view text) {
  if (text.empty() || text.size() > kLongest || !is_letter_or_digit(text.front())) return false;
  if (text.back() == ' ' || has_extension(text)) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_letter_or_digit(c) || std::string_view("._+~:- '()&").find(c) != std::string_view::npos;
  });
}

ArgumentValue number(std::string text) { return {Kind::kNumber, std::move(text)}; }
ArgumentValue literal(std::string text) { return {Kind::kText, std::move(text)}; }

Argument text_argument(const std::string& text, std::string shown) {
  Argument argument;
  argument.shown = std::move(shown);
  argument.values = {
      {"", literal(text)}, {"prefix", literal(text + "%")}, {"contains", literal("%" + text + "%")}};
  return argument;
}

std::optional<Argument> angle_argument(const std::string& text, std::optional<double> degrees) {
  if (!degrees) return std::nullopt;
  Argument argument;
  argument.shown = text;
  argument.values[""] = number(angle_text(*degrees));
  return argument;
}

std::optional<Argument> radius_argument(const std::string& text, bool with_unit) {
  if (with_unit && (text.empty() || std::isalpha(static_cast<unsigned char>(text.back())) == 0))
    return std::nullopt;
  const auto degrees = parse_radius(text);
  auto argument = angle_argument(text, degrees);
  if (argument) argument->values["diameter"] = number(angle_text(2 * *degrees));
  return argument;
}

// 60.A-9100(K), 195.B-0283(A), 1104.A-0380(A), 108.22AB.001, and without their run.
std::optional<Argument> programme_argument(std::string text) {
  static const std::regex old_form(R"((\d{2,4}\.[A-Z]-\d{4})(?:\(([A-Z0-9]{1,3})\)|\.([A-Z0-9]{1,3}))?)");
  static const std::regex new_form(R"(\d{3}\.[0-9A-Z]{4}(?:\.\d{3})?)");
  if (text.size() > kLongest) return std::nullopt;
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  std::smatch parts;
  if (std::regex_match(text, parts, old_form)) {
    const std::string run = parts[2].matched ? parts[2].str() : parts[3].str();
    const std::string programme = parts[1].str();
    auto argument = run.empty() ? text_argument(programme, programme)
                                : text_argument(programme + "(" + run + ")", programme + "." + run);
    argument.values["period"] = literal(programme.substr(0, programme.find('-') + 1) + "%");
    return argument;
  }
  if (!std::regex_match(text, new_form)) return std::nullopt;
  auto argument = text_argument(text, text);
  argument.values["period"] = literal(text.substr(0, text.find('.') + 1) + "%");
  return argument;
}

std::optional<Argument> object_argument(const std::string& text) {
  const bool good =
      !text.empty() && text.size() <= kLongest && is_letter_or_digit(text.front()) && !has_extension(text) &&
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isalpha(c) != 0; }) &&
      std::all_of(text.begin(), text.end(), [](char c) {
        return is_letter_or_digit(c) || std::string_view("._+~:- '()*").find(c) != std::string_view::npos;
      });
  if (!good) return std::nullopt;
  std::string name = text;
  std::replace(name.begin(), name.end(), '_', ' ');
  if (name.back() == ' ' || name.find("  ") != std::string::npos) return std::nullopt;
  std::string shown = name;
  std::replace(shown.begin(), shown.end(), ' ', '_');
  Argument argument;
  argument.shown = plain_name(shown) ? shown : "";
  argument.values[""] = literal(name);
  argument.object = std::move(name);
  return argument;
}

std::int64_t mjd_of(std::chrono::sys_days day) { return day.time_since_epoch().count() + kMjdOfUnixEpoch; }

// The number of digits at `at`. REQUIRES: they are digits.
int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  std::from_chars(text.data() + at, text.data() + at + count, value);
  return value;
}

bool has_shape(std::string_view text, std::string_view shape) {
  return text.size() == shape.size() &&
         std::equal(text.begin(), text.end(), shape.begin(), [](char c, char s) {
           return s == '0' ? std::isdigit(static_cast<unsigned char>(c)) != 0 : c == s;
         });
}

std::optional<std::chrono::sys_days> observing_day(std::string_view text) {
  const auto day = client::parse_day(text);
  return day && *day >= kFirstDay ? day : std::nullopt;
}

std::optional<Argument> date_argument(const std::string& text) {
  const auto day = observing_day(std::string_view(text).substr(0, 10));
  if (!day) return std::nullopt;
  double fraction = 0;
  if (text.size() > 10) {
    const std::string_view time = std::string_view(text).substr(10);
    if (!has_shape(time, "T00:00:00")) return std::nullopt;
    const int hour = digits(time, 1, 2);
    const int minute = digits(time, 4, 2);
    const int second = digits(time, 7, 2);
    if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
    fraction = (hour * 3600 + minute * 60 + second) / 86400.0;
  }
  Argument argument;
  argument.shown = text;
  argument.values = {{"", literal(text)},
                     {"mjd", number(angle_text(static_cast<double>(mjd_of(*day)) + fraction))}};
  return argument;
}

std::optional<Argument> night_argument(const std::string& text) {
  const auto day = observing_day(text);
  if (!day) return std::nullopt;
  const std::chrono::sys_days next = *day + std::chrono::days(1);
  Argument argument;
  argument.shown = text;
  argument.values = {{"begin", literal(client::day_text(*day) + "T12:00:00")},
                     {"end", literal(client::day_text(next) + "T12:00:00")},
                     {"begin_mjd", number(std::to_string(mjd_of(*day)) + ".5")},
                     {"end_mjd", number(std::to_string(mjd_of(next)) + ".5")}};
  return argument;
}

std::optional<Argument> number_argument(const std::string& text, bool whole) {
  static const std::regex decimal(R"(-?(\d{1,18}(\.\d{0,18})?|\.\d{1,18})([eE][+-]?\d{1,2})?)");
  static const std::regex integer(R"(-?\d{1,18})");
  if (text.size() > kLongest || !std::regex_match(text, whole ? integer : decimal)) return std::nullopt;
  Argument argument;
  argument.shown = text;
  argument.values[""] = number(text);
  return argument;
}

}  // namespace

const std::vector<std::pair<std::string, ArgumentType>>& argument_types() {
  static const std::vector<std::pair<std::string, ArgumentType>> types{
      {"ra", ArgumentType::kRa},          {"dec", ArgumentType::kDec},
      {"deg", ArgumentType::kDeg},        {"radius", ArgumentType::kRadius},
      {"text", ArgumentType::kText},      {"programme", ArgumentType::kProgramme},
      {"object", ArgumentType::kObject},  {"date", ArgumentType::kDate},
      {"night", ArgumentType::kNight},    {"number", ArgumentType::kNumber},
      {"integer", ArgumentType::kInteger}};
  return types;
}

std::optional<ArgumentType> argument_type(std::string_view word) {
  for (const auto& [known, type] : argument_types()) {
    if (known == word) return type;
  }
  return std::nullopt;
}

std::vector<std::string> argument_members(ArgumentType type) {
  switch (type) {
    case ArgumentType::kRadius:
      return {"", "diameter"};
    case ArgumentType::kText:
      return {"", "prefix", "contains"};
    case ArgumentType::kProgramme:
      return {"", "prefix", "contains", "period"};
    case ArgumentType::kObject:
      return {"", "ra", "dec"};
    case ArgumentType::kDate:
      return {"", "mjd"};
    case ArgumentType::kNight:
      return {"begin", "end", "begin_mjd", "end_mjd"};
    default:
      return {""};
  }
}

std::optional<Argument> parse_argument(ArgumentType type, const std::string& text, bool with_unit) {
  switch (type) {
    case ArgumentType::kRa:
      return angle_argument(text, parse_right_ascension(text));
    case ArgumentType::kDec:
      return angle_argument(text, parse_declination(text));
    case ArgumentType::kDeg:
      return angle_argument(text, parse_angle(text));
    case ArgumentType::kRadius:
      return radius_argument(text, with_unit);
    case ArgumentType::kText:
      if (!is_text(text)) return std::nullopt;
      return text_argument(text, plain_name(text) ? text : "");
    case ArgumentType::kProgramme:
      return programme_argument(text);
    case ArgumentType::kObject:
      return object_argument(text);
    case ArgumentType::kDate:
      return date_argument(text);
    case ArgumentType::kNight:
      return night_argument(text);
    case ArgumentType::kNumber:
      return number_argument(text, false);
    case ArgumentType::kInteger:
      return number_argument(text, true);
  }
  return std::nullopt;
}

std::string argument_fault(ArgumentType type, const std::string& text, bool with_unit) {
  if (parse_argument(type, text, with_unit)) return {};
  const std::string shown = "'" + safe_name(text) + "' is no ";
  switch (type) {
    case ArgumentType::kRa:
      return right_ascension_fault(text);
    case ArgumentType::kDec:
      return declination_fault(text);
    case ArgumentType::kRadius:
      return parse_radius(text) ? shown + "radius here: write its unit" : radius_fault(text);
    case ArgumentType::kDeg:
      return shown + "angle: it is a number of degrees, or has deg, arcmin, arcsec or mas behind it";
    case ArgumentType::kNight:
      return night_fault(text);
    case ArgumentType::kDate:
      return shown + "date: it is YYYY-MM-DD or YYYY-MM-DDThh:mm:ss";
    case ArgumentType::kProgramme:
      return shown + "programme: they look like 195.B-0283, 195.B-0283(A) or 108.22AB.001";
    case ArgumentType::kObject:
      return shown + "name of an object: it has a letter, and begins with a letter or a digit";
    case ArgumentType::kText:
      return shown + "text to search for: it has letters, digits, blanks and . _ + ~ : - ' ( ) & only";
    case ArgumentType::kNumber:
    case ArgumentType::kInteger:
      return shown + (type == ArgumentType::kNumber ? "number" : "whole number");
  }
  return {};
}

std::string argument_example(ArgumentType type) {
  switch (type) {
    case ArgumentType::kRa:
      return "10.5";
    case ArgumentType::kDec:
      return "-20.1";
    case ArgumentType::kRadius:
    case ArgumentType::kDeg:
      return "5arcmin";
    case ArgumentType::kNight:
    case ArgumentType::kDate:
      return "2018-06-04";
    case ArgumentType::kProgramme:
      return "195.B-0283";
    case ArgumentType::kObject:
      return "NGC_253";
    case ArgumentType::kText:
      return "MUSE";
    case ArgumentType::kNumber:
    case ArgumentType::kInteger:
      return "10";
  }
  return {};
}

Argument listed_argument(const std::string& value) { return text_argument(value, ""); }

void set_position(Argument& argument, double ra_deg, double dec_deg) {
  argument.values["ra"] = number(angle_text(ra_deg));
  argument.values["dec"] = number(angle_text(dec_deg));
}

}  // namespace esofs::fs
