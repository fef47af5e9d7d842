// What compress(1) writes, with and without its block mode (`compress -C`). For tests: it never empties its table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace esofs::tests {

inline std::vector<std::byte> lzw_of(const std::vector<std::byte>& plain, bool block_mode,
                                     unsigned most_width = 16) {
  std::vector<std::byte> packed{std::byte{0x1f}, std::byte{0x9d},
                                static_cast<std::byte>(most_width | (block_mode ? 0x80U : 0U))};
  std::uint64_t bits = 0;
  unsigned count = 0;
  unsigned width = 9;
  unsigned in_group = 0;
  std::uint32_t next = block_mode ? 257 : 256;
  const auto put_bits = [&](std::uint32_t value, unsigned size) {
    bits |= std::uint64_t{value} << count;
    for (count += size; count >= 8; count -= 8, bits >>= 8U)
      packed.push_back(static_cast<std::byte>(bits & 0xffU));
  };
  const auto put = [&](std::uint32_t code) {
    put_bits(code, width);
    in_group = (in_group + 1) % 8;
    if (next <= (1U << width) - 1 || width == most_width) return;
    for (; in_group % 8 != 0; ++in_group) put_bits(0, width);
    in_group = 0;
    ++width;
  };
  std::map<std::pair<std::uint32_t, unsigned>, std::uint32_t> table;
  std::int64_t before = -1;
  for (const std::byte byte : plain) {
    const auto value = std::to_integer<unsigned>(byte);
    if (before < 0) {
      before = value;
      continue;
    }
    const auto key = std::pair(static_cast<std::uint32_t>(before), value);
    if (const auto at = table.find(key); at != table.end()) {
      before = at->second;
      continue;
    }
    put(static_cast<std::uint32_t>(before));
    if (next < (1U << most_width)) table[key] = next++;
    before = value;
  }
  if (before >= 0) put(static_cast<std::uint32_t>(before));
  if (count > 0) packed.push_back(static_cast<std::byte>(bits & 0xffU));
  return packed;
}

}  // namespace esofs::tests
