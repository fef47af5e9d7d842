#include "mountopts/units.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <sstream>
#include <utility>

#include "client/base/text.h"

namespace esofs::mountopts {
namespace {

Error not_a(std::string_view what, std::string_view text) {
  return {EINVAL, "'" + std::string(text) + "' is not " + std::string(what)};
}

constexpr std::array<std::pair<std::string_view, unsigned>, 5> kByteUnits{
    {{"", 0}, {"k", 10}, {"m", 20}, {"g", 30}, {"t", 40}}};

struct TimeUnit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<TimeUnit, 7> kTimeUnits{{{"d", 86'400'000},
                                              {"h", 3'600'000},
                                              {"m", 60'000},
                                              {"min", 60'000},
                                              {"s", 1000},
                                              {"", 1000},
                                              {"ms", 1}}};

}  // namespace

Result<std::uint64_t> parse_bytes(std::string_view text) {
  constexpr std::string_view kWanted = "a number of bytes such as 500M or 20G";
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc()) return not_a(kWanted, text);
  std::string unit = lower(text.substr(static_cast<std::size_t>(end - text.data())));
  if (unit.ends_with("ib")) {
    unit.resize(unit.size() - 2);
  } else if (unit.ends_with("b")) {
    unit.resize(unit.size() - 1);
  }
  for (const auto& [name, shift] : kByteUnits) {
    if (unit != name) continue;
    if (number > (std::numeric_limits<std::uint64_t>::max() >> shift)) return not_a(kWanted, text);
    return number << shift;
  }
  return not_a(kWanted, text);
}

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
  constexpr std::string_view kWanted = "a time such as 90s, 15m or 24h";
  double number = 0;
  const auto [end, failed] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (failed != std::errc() || number < 0 || !(number < 1e12)) return not_a(kWanted, text);
  const std::string unit = lower(text.substr(static_cast<std::size_t>(end - text.data())));
  for (const auto& row : kTimeUnits) {
    if (unit != row.name) continue;
    const double time = number * static_cast<double>(row.milliseconds);
    if (time > 1e15) return not_a(kWanted, text);
    return std::chrono::milliseconds(static_cast<std::int64_t>(time));
  }
  return not_a(kWanted, text);
}

std::string shown_bytes(std::uint64_t bytes) {
  if (bytes == 0) return "0";
  constexpr std::string_view kLetters = " KMGT";
  std::size_t unit = 0;
  while (unit + 1 < kLetters.size() && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return std::to_string(bytes) + (unit == 0 ? std::string() : std::string(1, kLetters[unit]));
}

std::string shown_duration(std::chrono::milliseconds time) {
  const std::int64_t count = time.count();
  if (count == 0) return "0s";
  for (const auto& unit : kTimeUnits) {
    if (!unit.name.empty() && count % unit.milliseconds == 0) {
      return std::to_string(count / unit.milliseconds) + std::string(unit.name);
    }
  }
  return std::to_string(count) + "ms";
}

std::string human_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> units{"B", "KiB", "MiB", "GiB", "TiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1024 && unit + 1 < units.size()) {
    value /= 1024;
    ++unit;
  }
  std::ostringstream text;
  text.precision(unit == 0 ? 0 : 1);
  text << std::fixed << value << ' ' << units[unit];
  return text.str();
}

}  // namespace esofs::mountopts
