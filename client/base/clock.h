// The time of day, which callers may replace: what takes a clock has system_seconds() as its default.
//
//   threads  thread-safe
#pragma once

#include <chrono>
#include <cstdint>

namespace esofs {

// Seconds since 1970 UTC.
inline std::int64_t system_seconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

// Whether what happened at `then` is younger than `age`. Nothing is if the clock was set back.
inline bool recent(std::int64_t then, std::int64_t now, std::chrono::seconds age) {
  return now >= then && now - then < age.count();
}

}  // namespace esofs
