#include "tests/sim/tap/times.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace esofs::sim::tap {
namespace {

std::tm utc(Time time) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

std::string format(Time time, const char* pattern) {
  const std::tm parts = utc(time);
  std::array<char, 64> out{};
  return {out.data(), std::strftime(out.data(), out.size(), pattern, &parts)};
}

}  // namespace

std::optional<Time> parse_time(std::string_view text) {
  const std::string copy(text);
  std::tm parts{};
  double seconds = 0;
  char between = 0;
  const int got = std::sscanf(copy.c_str(), "%4d-%2d-%2d%c%2d:%2d:%lf", &parts.tm_year, &parts.tm_mon,
                              &parts.tm_mday, &between, &parts.tm_hour, &parts.tm_min, &seconds);
  const bool whole = got == 3 || (got == 7 && (between == 'T' || between == ' '));
  if (!whole || parts.tm_mon < 1 || parts.tm_mon > 12 || parts.tm_mday < 1 || parts.tm_mday > 31)
    return std::nullopt;
  parts.tm_year = std::clamp(parts.tm_year, 1700, 2200) - 1900;  // the range of the clock's nanoseconds
  parts.tm_mon -= 1;
  const auto base = std::chrono::system_clock::from_time_t(timegm(&parts));
  return base + std::chrono::milliseconds(std::llround(seconds * 1000));
}

std::string time_text(Time time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(time - whole).count();
  std::array<char, 8> millis{};
  std::snprintf(millis.data(), millis.size(), ".%03dZ", static_cast<int>(rest % 1000));
  return format(time, "%Y-%m-%dT%H:%M:%S") + millis.data();
}

std::string time_text_seconds(Time time) { return format(time, "%Y-%m-%dT%H:%M:%SZ"); }

std::string http_date(Time time) { return format(time, "%a, %d %b %Y %H:%M:%S GMT"); }

}  // namespace esofs::sim::tap
