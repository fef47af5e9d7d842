// CRC-32C (Castagnoli), the check sum of what is kept on disk, by ISA-L: the processor's instructions where it has
// them, found at run time.
//
//   source   RFC 3720 appendix B.4: crc32c of "123456789" is 0xE3069283
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace esofs::cache {

// The check sum of `bytes` appended to what `before` is the check sum of (0: nothing).
std::uint32_t crc32c(std::span<const std::byte> bytes, std::uint32_t before = 0);

}  // namespace esofs::cache
