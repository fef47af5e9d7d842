// Sizes and times as people write them in options ("20G", "90s", "1h") and read them on a terminal ("1.5 GiB").
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "client/base/result.h"

namespace esofs::mountopts {

// Bytes: digits, then nothing, K, M, G or T (1024-based; "KiB" and "KB" forms too). EINVAL: anything else, overflow.
Result<std::uint64_t> parse_bytes(std::string_view text);
// Digits (a fraction is allowed), then nothing (seconds), ms, s, m or min, h, d. EINVAL: anything else, negative.
Result<std::chrono::milliseconds> parse_duration(std::string_view text);

// The shortest exact form, as options take it: "20G", "1536M", "1000".
std::string shown_bytes(std::uint64_t bytes);
std::string shown_duration(std::chrono::milliseconds time);
// For a terminal, with one decimal: "0 B", "1.5 GiB".
std::string human_bytes(std::uint64_t bytes);

}  // namespace esofs::mountopts
