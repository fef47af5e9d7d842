#include "cache/content/forms/fits_sum.h"

namespace esofs::cache {

std::uint32_t add_sums(std::uint32_t one, std::uint32_t other) {
  const std::uint64_t sum = std::uint64_t{one} + other;
  return static_cast<std::uint32_t>((sum & 0xFFFFFFFFU) + (sum >> 32U));
}

std::uint32_t fits_sum(std::span<const std::byte> bytes, std::uint64_t offset) {
  std::uint64_t sum = 0;
  std::size_t i = 0;
  const auto add_byte = [&] {
    const auto shift = static_cast<unsigned>(3 - (offset + i) % 4) * 8;
    sum += std::to_integer<std::uint64_t>(bytes[i++]) << shift;
  };
  while (i < bytes.size() && (offset + i) % 4 != 0) add_byte();
  for (; i + 4 <= bytes.size(); i += 4) {
    sum += std::to_integer<std::uint64_t>(bytes[i]) << 24U |
           std::to_integer<std::uint64_t>(bytes[i + 1]) << 16U |
           std::to_integer<std::uint64_t>(bytes[i + 2]) << 8U | std::to_integer<std::uint64_t>(bytes[i + 3]);
  }
  while (i < bytes.size()) add_byte();
  while (sum >> 32U != 0) sum = (sum & 0xFFFFFFFFU) + (sum >> 32U);
  return static_cast<std::uint32_t>(sum);
}

}  // namespace esofs::cache
