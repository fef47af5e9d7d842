// Numbers as people read them on a terminal.
#pragma once

#include <cstdint>
#include <string>

namespace esofs::mountopts {

// "0 B", "1.5 GiB": one decimal, binary units.
std::string human_bytes(std::uint64_t bytes);

}  // namespace esofs::mountopts
