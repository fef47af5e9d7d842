// Small text helpers of the simulator: dates, escapes, numbers, deterministic mixing.
#pragma once

#include <cstdint>
#include <numbers>
#include <string>
#include <string_view>

namespace esofs::sim {

inline constexpr double kDegree = std::numbers::pi / 180;

std::string reason_phrase(int http_status);

// For element content and attribute values.
std::string xml_escape(std::string_view text);

// Shortest decimal form that reads back as the same double, with a '.' or an exponent: "1.0", "8.5E-7".
std::string decimal(double value);

// "2018-06-05T01:06:59.418" of a Modified Julian Date (UTC).
std::string iso_date(double mjd, int decimals = 3);
double mjd_of(std::string_view iso);  // of "YYYY-MM-DDThh:mm:ss[.sss][Z]"; 0 if it is no time

std::string http_date(std::int64_t unix_seconds);

// splitmix64: the same on every machine and in every version.
constexpr std::uint64_t mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15U;
  x = (x ^ (x >> 30U)) * 0xBF58476D1CE4E5B9U;
  x = (x ^ (x >> 27U)) * 0x94D049BB133111EBU;
  return x ^ (x >> 31U);
}
std::uint64_t seed_of(std::string_view text);
// In [0, 1).
constexpr double unit(std::uint64_t mixed) { return static_cast<double>(mixed >> 11U) * 0x1.0p-53; }

}  // namespace esofs::sim
