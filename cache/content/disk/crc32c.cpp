#include "cache/content/disk/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace esofs::cache {

std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before) {
  constexpr std::size_t kMost = std::size_t{1} << 30U;  // ISA-L counts in int
  std::uint32_t inverted = ~before;
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kMost));
    // ISA-L takes no const pointer, and does not write: NOLINTNEXTLINE(cppcoreguidelines-pro-type-*)
    auto* at = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(part.data()));
    inverted = crc32_iscsi(at, static_cast<int>(part.size()), inverted);
    bytes = bytes.subspan(part.size());
  }
  return ~inverted;
}

}  // namespace esofs::cache
