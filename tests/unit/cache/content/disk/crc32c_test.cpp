#include "cache/content/disk/crc32c.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace esofs::cache {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// RFC 3720 appendix B.4.
TEST(Crc32c, AgreesWithTheStandard) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43U);
}

// One bit after the other, as the polynomial is written in RFC 3720 section 12.1.
std::uint32_t by_definition(std::span<const std::byte> bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  for (const std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0x82f63b78U : 0U);
  }
  return ~crc;
}

TEST(Crc32c, OfAnySizeAndAtAnyAddressIsThatOfThePolynomial) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += static_cast<char>(i * 7 % 256);
  for (std::size_t size = 0; size + 16 < text.size(); size += 13) {
    const auto part = bytes_of(text).subspan(size % 16).first(size);
    EXPECT_EQ(crc32c(part, 5), by_definition(part, 5)) << size;
  }
}

TEST(Crc32c, OfTwoPartsIsThatOfTheWhole) {
  const std::string text = "the quick brown fox";
  const auto whole = bytes_of(text);
  EXPECT_EQ(crc32c(whole.subspan(7), crc32c(whole.first(7))), crc32c(whole));
}

}  // namespace
}  // namespace esofs::cache
