#include "cache/content/forms/unpacking.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/support/fits_bytes.h"
#include "tests/support/streams.h"

namespace esofs::cache {
namespace {

using Bytes = std::vector<std::byte>;

struct Unpacked {
  Bytes bytes;
  Result<void> ended;
};

Unpacked unpacked(Packing packing, const Bytes& packed, std::size_t piece) {
  Unpacked result;
  Unpacking unpacking(packing, [&](std::span<const std::byte> made) -> Result<void> {
    result.bytes.insert(result.bytes.end(), made.begin(), made.end());
    return {};
  });
  for (std::size_t at = 0; at < packed.size() && result.ended; at += piece)
    result.ended = unpacking.feed(std::span(packed).subspan(at, std::min(piece, packed.size() - at)));
  if (result.ended) result.ended = unpacking.end();
  return result;
}

// How many bytes it expects after so many bytes of the packed file.
std::optional<std::uint64_t> expected(Packing packing, const Bytes& packed, std::size_t of,
                                      std::optional<std::uint32_t> length = {}) {
  Unpacking unpacking(packing, [](std::span<const std::byte>) -> Result<void> { return {}; });
  EXPECT_TRUE(unpacking.feed(std::span(packed).first(of)));
  return unpacking.expected_size(length);
}

Bytes packed_as(Packing packing, const Bytes& plain) {
  return tests::packed_by(packing == Packing::kGzip    ? ARCHIVE_FILTER_GZIP
                          : packing == Packing::kBzip2 ? ARCHIVE_FILTER_BZIP2
                                                       : ARCHIVE_FILTER_COMPRESS,
                          plain);
}

constexpr auto kStreams = {Packing::kCompress, Packing::kGzip, Packing::kBzip2};

// A file that `compress` itself wrote.
TEST(Unpacking, ReadsARealLzwFile) {
  const std::filesystem::path sample = SAMPLES_DIR "/fits/testfile.fits.Z";
  if (!std::filesystem::exists(sample)) GTEST_SKIP() << "no samples here";
  std::ifstream file(sample, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(file), {}};
  Bytes packed(chars.size());
  std::memcpy(packed.data(), chars.data(), chars.size());
  EXPECT_EQ(packing_of("", packed), Packing::kCompress);
  const auto plain = unpacked(Packing::kCompress, packed, 1000);
  ASSERT_TRUE(plain.ended) << plain.ended.error().what();
  EXPECT_EQ(plain.bytes.size() % 2880, 0U);
}

TEST(Unpacking, PiecesOfAnySizeGiveTheFile) {
  const Bytes plain = tests::hdus_of({40'000});
  for (const Packing packing : kStreams) {
    const Bytes packed = packed_as(packing, plain);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{777}, packed.size()}) {
      const auto got = unpacked(packing, packed, piece);
      EXPECT_TRUE(got.ended) << got.ended.error().what();
      EXPECT_EQ(got.bytes, plain);
    }
  }
}

TEST(Unpacking, TheFirstBytesGiveTheFirstBlock) {
  const Bytes plain = tests::hdus_of({400'000});
  for (const Packing packing : {Packing::kCompress, Packing::kGzip}) {
    const Bytes packed = packed_as(packing, plain);
    Bytes made;
    Unpacking unpacking(packing, [&](std::span<const std::byte> more) -> Result<void> {
      made.insert(made.end(), more.begin(), more.end());
      return {};
    });
    ASSERT_TRUE(unpacking.feed(std::span(packed).first(10'000)));
    ASSERT_GE(made.size(), 2880U);
    EXPECT_TRUE(std::equal(made.begin(), made.begin() + 2880, plain.begin()));
  }
}

TEST(Unpacking, ACutOffOrDamagedStreamIsNotWhole) {
  const Bytes plain = tests::hdus_of({40'320, 40'320});
  for (const Packing packing : kStreams) {
    Bytes packed = packed_as(packing, plain);
    for (const std::size_t cut : {std::size_t{1}, std::size_t{10}, packed.size() / 2}) {
      const auto got =
          unpacked(packing, Bytes(packed.begin(), packed.end() - static_cast<std::ptrdiff_t>(cut)), 9999);
      ASSERT_FALSE(got.ended) << cut;
      EXPECT_EQ(got.ended.error().code(), EIO);
    }
  }
  for (const Packing packing : {Packing::kGzip, Packing::kBzip2}) {
    Bytes packed = packed_as(packing, plain);
    packed[packed.size() - 6] ^= std::byte{1};
    EXPECT_FALSE(unpacked(packing, packed, 9999).ended);
  }
}

TEST(Unpacking, SeveralStreamsAreOneFile) {
  const Bytes plain = tests::hdus_of({40'000});
  const Bytes first(plain.begin(), plain.begin() + 5000);
  const Bytes second(plain.begin() + 5000, plain.end());
  for (const Packing packing : {Packing::kGzip, Packing::kBzip2}) {
    Bytes packed = packed_as(packing, first);
    const Bytes rest = packed_as(packing, second);
    packed.insert(packed.end(), rest.begin(), rest.end());
    for (const std::size_t piece : {std::size_t{1}, packed.size()}) {
      const auto got = unpacked(packing, packed, piece);
      EXPECT_TRUE(got.ended) << got.ended.error().what();
      EXPECT_EQ(got.bytes, plain);
    }
  }
}

TEST(Unpacking, OtherBytesBehindBzip2AreIgnored) {
  const Bytes plain = tests::hdus_of({40'000});
  Bytes packed = packed_as(Packing::kBzip2, plain);
  packed.resize(packed.size() + 100);
  const auto got = unpacked(Packing::kBzip2, packed, 1000);
  EXPECT_TRUE(got.ended) << got.ended.error().what();
  EXPECT_EQ(got.bytes, plain);
}

TEST(Unpacking, WhatIsNotFitsEndsAtOnce) {
  const auto got = unpacked(Packing::kGzip, packed_as(Packing::kGzip, Bytes(100'000, std::byte{'x'})), 100);
  ASSERT_FALSE(got.ended);
  EXPECT_EQ(got.ended.error().code(), EIO);
  EXPECT_TRUE(got.bytes.empty());
}

TEST(Unpacking, OneHduWithoutExtensionsTellsTheSize) {
  const Bytes plain = tests::hdus_of({1'200'000});  // more than one block of bzip2
  const Bytes lzw = packed_as(Packing::kCompress, plain);
  EXPECT_EQ(expected(Packing::kCompress, lzw, 10'000), plain.size());
  const Bytes bzip2 = packed_as(Packing::kBzip2, plain);
  EXPECT_EQ(expected(Packing::kBzip2, bzip2, bzip2.size() / 10 * 9), plain.size());
  EXPECT_EQ(expected(Packing::kCompress, lzw, 20), std::nullopt) << "no header yet";
}

TEST(Unpacking, AHeaderThatAnnouncesExtensionsDoesNotTellIt) {
  const Bytes one = tests::hdus_of({400'000}, tests::Extend::kYes);
  EXPECT_EQ(expected(Packing::kCompress, packed_as(Packing::kCompress, one), 10'000), std::nullopt);
  const Bytes empty = tests::hdus_of({0, 400'000}, tests::Extend::kNo);
  EXPECT_EQ(expected(Packing::kCompress, packed_as(Packing::kCompress, empty), 10'000), std::nullopt);
}

TEST(Unpacking, OfGzipTheHeadersAndTheLengthMustAgree) {
  const Bytes plain = tests::hdus_of({0, 200'000, 300'000}, tests::Extend::kYes);
  const Bytes packed = packed_as(Packing::kGzip, plain);
  const auto size = static_cast<std::uint32_t>(plain.size());
  EXPECT_EQ(expected(Packing::kGzip, packed, 20'000, size), std::nullopt) << "the last header is not here";
  EXPECT_EQ(expected(Packing::kGzip, packed, packed.size() / 2, size), plain.size());
  EXPECT_EQ(expected(Packing::kGzip, packed, packed.size() / 2, size + 2880), std::nullopt);
  const Bytes one = tests::hdus_of({400'000}, tests::Extend::kNo);
  EXPECT_EQ(expected(Packing::kGzip, packed_as(Packing::kGzip, one), 20'000), std::nullopt)
      << "the length is not known";
}

}  // namespace
}  // namespace esofs::cache
