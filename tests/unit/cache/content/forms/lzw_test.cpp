#include "cache/content/forms/lzw.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "tests/support/lzw.h"

namespace esofs::cache {
namespace {

using Bytes = std::vector<std::byte>;
using tests::lzw_of;

Result<Bytes> decoded(const Bytes& packed, std::size_t piece = 1000) {
  Bytes plain;
  LzwDecoder decoder([&plain](std::span<const std::byte> made) -> Result<void> {
    plain.insert(plain.end(), made.begin(), made.end());
    return {};
  });
  for (std::size_t at = 0; at < packed.size(); at += piece) {
    auto fed = decoder.feed(std::span(packed).subspan(at, std::min(piece, packed.size() - at)));
    if (!fed) return fed.error();
  }
  if (auto ended = decoder.end(); !ended) return ended.error();
  return plain;
}

// Repeats, and enough of what does not repeat to fill a table of 65536 codes.
Bytes text(std::size_t size) {
  Bytes bytes(size);
  std::uint32_t state = 7;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1664525 + 1013904223;
    bytes[i] = i % 1000 < 600 ? static_cast<std::byte>(i % 7) : static_cast<std::byte>(state >> 24U);
  }
  return bytes;
}

TEST(LzwDecoder, BothModesAndAllWidthsAreDecoded) {
  const Bytes plain = text(400'000);
  for (const bool block_mode : {true, false}) {
    for (const unsigned width : {10U, 12U, 16U}) {
      const auto made = decoded(lzw_of(plain, block_mode, width));
      ASSERT_TRUE(made) << made.error().what();
      EXPECT_EQ(*made, plain) << block_mode << " " << width;
    }
  }
}

TEST(LzwDecoder, PiecesOfAnySizeGiveTheSame) {
  const Bytes plain = text(5000);
  const Bytes packed = lzw_of(plain, false);
  for (const std::size_t piece : {1U, 2U, 3U, 100'000U}) {
    const auto made = decoded(packed, piece);
    ASSERT_TRUE(made) << made.error().what();
    EXPECT_EQ(*made, plain) << piece;
  }
}

TEST(LzwDecoder, ACodeThatIsMadeByItsOwnUseIsDecoded) {
  const Bytes plain(10'000, std::byte{'a'});
  for (const bool block_mode : {true, false}) {
    const auto made = decoded(lzw_of(plain, block_mode));
    ASSERT_TRUE(made) << made.error().what();
    EXPECT_EQ(*made, plain);
  }
}

TEST(LzwDecoder, AnEmptyFileIsEmpty) {
  const auto made = decoded(lzw_of({}, true));
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->empty());
}

TEST(LzwDecoder, AnImpossibleCodeIsAnError) {
  EXPECT_EQ(decoded({std::byte{0x1f}, std::byte{0x9d}}).error().code(), EIO);
  EXPECT_EQ(decoded({std::byte{0x1f}, std::byte{0x8b}, std::byte{0x90}}).error().code(), EIO);
  EXPECT_EQ(decoded({std::byte{0x1f}, std::byte{0x9d}, std::byte{0x9f}}).error().code(), EIO);
  // The second code, 511, stands for nothing yet.
  EXPECT_EQ(decoded({std::byte{0x1f}, std::byte{0x9d}, std::byte{0x90}, std::byte{'a'}, std::byte{0xfe},
                     std::byte{0x03}})
                .error()
                .code(),
            EIO);
}

TEST(LzwDecoder, TheErrorOfTheWriterEndsIt) {
  LzwDecoder decoder([](std::span<const std::byte>) -> Result<void> { return Error(ENOSPC, "full"); });
  const Bytes packed = lzw_of(text(1000), true);
  auto fed = decoder.feed(packed);
  if (fed) fed = decoder.end();
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().code(), ENOSPC);
}

}  // namespace
}  // namespace esofs::cache
