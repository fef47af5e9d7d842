// kPatience: how long a test waits before it fails instead of hanging. No assertion depends on it.
#pragma once

#include <chrono>

namespace esofs::tests {

inline constexpr std::chrono::seconds kPatience{100};

}  // namespace esofs::tests
