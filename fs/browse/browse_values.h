// The values of an argument that the archive lists: the names of a directory such as browse/collection/.
//
//   shapes   the first column of an answer, each text once; a value is shown in its portable form and looked up by it
//   errors   those of the query; EAGAIN after the time to wait, while the query continues
//   threads  thread-safe
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "client/base/ask.h"
#include "client/base/result.h"
#include "fs/browse/browse_state.h"

namespace esofs::fs {

inline constexpr std::uint64_t kMostBrowseValues = 10'000;  // of one argument; longer lists are cut

// Asks if they are not known.
Cancel browse_values(BrowseState& browse, const std::string& adql, std::chrono::milliseconds wait,
                     Done<BrowseValues> done);

// The value that is shown by this name, if the values are known. No network.
std::optional<std::string> known_browse_value(BrowseState& browse, const std::string& adql,
                                              const std::string& name);

}  // namespace esofs::fs
