// Times as the archive writes them: ISO 8601 in UTC, with or without milliseconds and Z.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace esofs::sim::tap {

using Time = std::chrono::system_clock::time_point;

// "2026-06-08", "2026-06-08T15:33:54", a blank for T, decimals, Z: all are accepted.
std::optional<Time> parse_time(std::string_view text);

std::string time_text(Time time);          // "2026-06-08T15:33:54.000Z"
std::string time_text_seconds(Time time);  // "2026-06-08T15:33:54Z", as job documents have it
std::string http_date(Time time);          // "Mon, 08 Jun 2026 15:33:54 GMT"

}  // namespace esofs::sim::tap
