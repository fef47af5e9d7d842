#include "client/base/angle_fault.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <vector>

#include "client/base/angle.h"
#include "client/base/iso_time.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"

namespace esofs {
namespace {

bool is_digit_at(std::string_view text, std::size_t at) {
  return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
}

std::string quoted_text(std::string_view text) { return "'" + safe_name(std::string(text)) + "'"; }

std::string did_you_mean(const std::string& text) {
  return text.empty() ? text : "; did you mean " + text + "?";
}

// A unit in another spelling than that of names; "" if it is none.
std::string unit_meant(std::string_view given) {
  struct Spelling {
    std::string_view given;
    std::string_view unit;
  };
  constexpr std::array<Spelling, 24> spellings{
      {{"'", "arcmin"},       {"m", "arcmin"},       {"am", "arcmin"},      {"min", "arcmin"},
       {"amin", "arcmin"},    {"arcm", "arcmin"},    {"minute", "arcmin"},  {"minutes", "arcmin"},
       {"arcmins", "arcmin"}, {"\"", "arcsec"},      {"''", "arcsec"},      {"s", "arcsec"},
       {"as", "arcsec"},      {"sec", "arcsec"},     {"asec", "arcsec"},    {"arcs", "arcsec"},
       {"second", "arcsec"},  {"seconds", "arcsec"}, {"arcsecs", "arcsec"}, {"d", "deg"},
       {"degree", "deg"},     {"degrees", "deg"},    {"degs", "deg"},       {"masec", "mas"}}};
  const std::string word = lower(given);
  const auto found = std::find_if(spellings.begin(), spellings.end(),
                                  [&word](const auto& one) { return one.given == word; });
  if (found != spellings.end()) return std::string(found->unit);
  const bool known = word == "deg" || word == "arcmin" || word == "arcsec" || word == "mas";
  return known ? word : std::string();
}

// "30arcsec" for "30as", "-30 arcsec", "30''"; "" if nothing is near.
std::string radius_meant(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto end = std::min(text.find_first_not_of("0123456789."), text.size());
  auto unit = text.substr(end);
  while (!unit.empty() && (unit.front() == ' ' || unit.front() == '_')) unit.remove_prefix(1);
  const std::string meant = std::string(text.substr(0, end)) + (unit.empty() ? "" : unit_meant(unit));
  const bool all = unit.empty() || !unit_meant(unit).empty();
  return all && parse_radius(meant) ? meant : std::string();
}

// "2018-06-04" for "20180604", "2018-6-4", "2018/06/04", "2018-06-04T12:00:00"; "" if nothing is near.
std::string night_meant(std::string_view text) {
  std::vector<std::string> numbers(1);
  for (const char c : text.substr(0, std::min(text.find_first_of("T "), text.size()))) {
    if (std::isdigit(static_cast<unsigned char>(c)) != 0) {
      numbers.back() += c;
    } else {
      numbers.emplace_back();
    }
  }
  if (numbers.size() == 1 && numbers[0].size() == 8)
    numbers = {numbers[0].substr(0, 4), numbers[0].substr(4, 2), numbers[0].substr(6, 2)};
  if (numbers.size() != 3 || numbers[0].size() != 4) return {};
  for (std::size_t i = 1; i < 3; ++i) {
    if (numbers[i].empty() || numbers[i].size() > 2) return {};
    numbers[i].insert(0, 2 - numbers[i].size(), '0');
  }
  const std::string meant = numbers[0] + "-" + numbers[1] + "-" + numbers[2];
  return client::parse_day(meant) ? meant : std::string();
}

}  // namespace

std::string right_ascension_fault(std::string_view text) {
  if (parse_right_ascension(text)) return {};
  return quoted_text(text) +
         " is no right ascension: it is a number of degrees from 0 to 360, or hours as 05h35m17.3s or "
         "05:35:17.3";
}

std::string declination_fault(std::string_view text) {
  if (parse_declination(text)) return {};
  return quoted_text(text) +
         " is no declination: it is a number of degrees from -90 to 90, or sexagesimal as -05d23m28s";
}

std::string radius_fault(std::string_view text) {
  if (parse_radius(text)) return {};
  return quoted_text(text) +
         " is no radius: it is a number of degrees above 0, or has deg, arcmin, arcsec or mas behind it" +
         did_you_mean(radius_meant(text));
}

std::string night_fault(std::string_view text) {
  if (client::parse_day(text)) return {};
  const bool number = is_digit_at(text, 0);
  return quoted_text(text) + " is no night: it is the date of its evening as YYYY-MM-DD" +
         did_you_mean(number ? night_meant(text) : std::string());
}

}  // namespace esofs
