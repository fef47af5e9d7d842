// A sleep that a stop_token ends.
#pragma once

#include <chrono>
#include <stop_token>

namespace esofs {

// Returns true when `time` has passed, false when stop was requested first. Thread-safe.
bool pause(std::chrono::milliseconds time, const std::stop_token& stop);

}  // namespace esofs
