// Times as archives write them, in seconds since 1970 UTC.
//
//   source   DALI 1.1 section 3.3.3; client/ESO.md, "TAP answers and errors"
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace esofs::client {

// "2026-08-19", and nothing before or behind it, from year 0 on. nullopt for days that do not exist.
std::optional<std::chrono::sys_days> parse_day(std::string_view text);

// A day of the years 0 to 9999 as "2026-08-19".
std::string day_text(std::chrono::sys_days day);

// "2026-08-19T13:32:34.690Z", "2026-08-19 13:32:34", "2026-08-19", with an offset such as "+0800" too; fractions are cut.
// nullopt for anything else, dates that do not exist included.
std::optional<std::int64_t> parse_iso_time(std::string_view text);

// A Modified Julian Date. nullopt for what is no date after 1858 and before 9999, NaN included.
std::optional<std::int64_t> time_of_mjd(double mjd);

// Seconds since 1970 as "2026-03-01T12:00:00Z".
std::string iso_time_text(std::int64_t seconds);

}  // namespace esofs::client
