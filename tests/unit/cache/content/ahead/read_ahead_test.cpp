#include "cache/content/ahead/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include "cache/content/disk/chunk.h"

namespace esofs::cache {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kFile = 300'000 * kMiB;
constexpr std::uint64_t kRead = 128 * kKiB;  // the kernel's usual READ
constexpr std::uint64_t kMost = 32 * kMiB;

// What a READ of the kernel at `at` makes worth asking for: at most one range.
std::optional<client::ByteRange> sequel(ReadAhead& ahead, std::uint64_t at, std::uint64_t size = kFile) {
  const auto ranges = ahead.read(at, std::min(kRead, size - at), size);
  EXPECT_LE(ranges.size(), 1U);
  return ranges.empty() ? std::nullopt : std::optional(ranges.front());
}

TEST(ReadAhead, AHeaderReadAsksForNothingMore) {
  ReadAhead ahead(kMost);
  EXPECT_TRUE(ahead.read(0, kRead, kFile).empty());
  EXPECT_TRUE(ahead.read(kRead, kRead, kFile).empty());  // what the kernel adds
}

TEST(ReadAhead, OneLargeReadIsNoSequence) {
  ReadAhead ahead(kMost);
  EXPECT_TRUE(ahead.read(0, 8 * kMiB, kFile).empty());
  EXPECT_TRUE(ahead.read(0, 8 * kMiB, kFile).empty());
  EXPECT_FALSE(ahead.read(8 * kMiB, kRead, kFile).empty());
}

TEST(ReadAhead, RandomReadsAskForNothing) {
  ReadAhead ahead(kMost);
  for (std::uint64_t i = 0; i < 200; ++i)
    EXPECT_TRUE(ahead.read(i * 7919 % 1000 * 50 * kMiB, 16 * kKiB, kFile).empty()) << i;
}

TEST(ReadAhead, ASequenceIsAskedForOnceAndWithoutGaps) {
  ReadAhead ahead(kMost);
  std::uint64_t asked = 0;
  for (std::uint64_t at = 0; at < 200 * kMiB; at += kRead) {
    const auto range = sequel(ahead, at);
    if (!range) continue;
    if (asked != 0) {
      EXPECT_EQ(range->first, asked);
    }
    asked = range->first + range->size;
    EXPECT_LE(asked, at + kRead + kMost);
  }
  EXPECT_GE(asked, 200 * kMiB + kMost / 2);
}

TEST(ReadAhead, AfterACloseTheSameRangesAreRequestedAgain) {
  ReadAhead ahead(kMost);
  for (std::uint64_t at = 0; at < 16 * kMiB; at += kRead) sequel(ahead, at);
  ahead.closed();
  std::uint64_t asked = 0;
  for (std::uint64_t at = 16 * kMiB; at < 24 * kMiB; at += kRead) {
    const auto range = sequel(ahead, at);
    if (!range) continue;
    if (asked == 0) {
      EXPECT_LE(range->first, 17 * kMiB);
    }
    asked = range->first + range->size;
    EXPECT_LE(asked - (at + kRead), at + kRead - 16 * kMiB);  // as far as was read since
  }
  EXPECT_GE(asked, 28 * kMiB);
}

TEST(ReadAhead, TheRangesGrowWithTheSequence) {
  ReadAhead ahead(kMost);
  for (std::uint64_t at = 0; at < 64 * kMiB; at += kRead) {
    const auto range = sequel(ahead, at);
    if (range) {
      EXPECT_LE(range->first + range->size, 2 * (at + kRead));
    }
  }
}

TEST(ReadAhead, ReadsOutOfOrderAreOneSequence) {
  ReadAhead ahead(kMost);
  std::uint64_t asked = 0;
  for (std::uint64_t pair = 0; pair < 64; ++pair) {
    for (const std::uint64_t at : {(2 * pair + 1) * kRead, 2 * pair * kRead}) {
      if (const auto range = sequel(ahead, at)) asked = range->first + range->size;
    }
  }
  EXPECT_GT(asked, 128 * kRead + 4 * kMiB);
}

TEST(ReadAhead, SeveralReadersAreToldApart) {
  ReadAhead ahead(kMost);
  std::vector<std::uint64_t> asked(4, 0);
  for (std::uint64_t step = 0; step < 64; ++step) {
    for (std::uint64_t reader = 0; reader < asked.size(); ++reader) {
      const std::uint64_t base = reader * reader * 1000 * kMiB;
      if (const auto range = sequel(ahead, base + step * kRead)) {
        EXPECT_GE(range->first, base);
        asked[reader] = range->first + range->size - base;
      }
    }
  }
  for (const std::uint64_t end : asked) EXPECT_GT(end, 12 * kMiB);
}

TEST(ReadAhead, EndsWithTheFile) {
  ReadAhead ahead(kMost);
  const std::uint64_t size = 3 * kMiB + 5;
  std::uint64_t asked = 0;
  for (std::uint64_t at = 0; at < size; at += kRead) {
    if (const auto range = sequel(ahead, at, size)) asked = range->first + range->size;
  }
  EXPECT_EQ(asked, size);
}

TEST(ReadAhead, AfterJumpsOfOneLengthTheNextPlacesAreAskedForOnce) {
  for (const std::uint64_t page : {std::uint64_t{1}, 4 * kKiB}) {  // a tool of ours; the kernel
    ReadAhead ahead(kMost);
    const auto place = [page](std::uint64_t i) {
      return (70 * kKiB + 5 * kMiB + i * (5 * kMiB + 2880)) / page * page;
    };
    std::set<std::uint64_t> asked;
    std::size_t wrong = 0;
    ahead.read(0, 16 * kKiB, kFile);
    for (std::uint64_t i = 0; i < 40; ++i) {
      for (const auto& range : ahead.read(place(i), 16 * kKiB, kFile)) {
        EXPECT_EQ(range.first / kChunkBytes, (range.first + range.size - 1) / kChunkBytes);
        EXPECT_TRUE(asked.insert(range.first / kChunkBytes).second);
      }
      EXPECT_LE(asked.size(), i + 16);
    }
    for (std::uint64_t i = 3; i < 40; ++i) wrong += asked.count(place(i) / kChunkBytes) == 0 ? 1 : 0;
    EXPECT_LE(wrong, page == 1 ? 4U : 12U);  // at the end of a chunk it is not clear which
    for (std::uint64_t i = 3; i < 60; ++i) asked.erase(place(i) / kChunkBytes);
    EXPECT_EQ(asked.size(), 0U);  // nothing was asked for that is not read
  }
}

TEST(ReadAhead, OfLargeReadsBetweenJumpsAllIsAskedFor) {
  ReadAhead ahead(kMost);
  for (const std::uint64_t at : {0, 10}) ahead.read(at * kMiB, kRead, kFile);
  const auto ranges = ahead.read(20 * kMiB, kRead, kFile);
  ASSERT_EQ(ranges.size(), 2U);
  EXPECT_EQ(ranges[1].first, 40 * kMiB);
  EXPECT_EQ(ranges[1].size, kRead);
}

TEST(ReadAhead, JumpsEndWithTheFileAndWithAJumpOfAnotherLength) {
  constexpr std::uint64_t kIn = 20 * kKiB;  // of its chunk
  ReadAhead ahead(kMost);
  for (const std::uint64_t at : {0, 10, 20}) ahead.read(at * kMiB + kIn, 16 * kKiB, 35 * kMiB);
  EXPECT_TRUE(ahead.read(30 * kMiB + kIn, 16 * kKiB, 35 * kMiB).empty());
  ReadAhead other(kMost);
  for (const std::uint64_t at : {0, 10, 20}) other.read(at * kMiB + kIn, 16 * kKiB, kFile);
  EXPECT_TRUE(other.read(100 * kMiB + kIn, 16 * kKiB, kFile).empty());
  EXPECT_TRUE(other.read(110 * kMiB + kIn, 16 * kKiB, kFile).empty());
  EXPECT_EQ(other.read(120 * kMiB + kIn, 16 * kKiB, kFile).size(), 2U);
}

TEST(ReadAhead, PlanesOfWholeChunksAreFollowed) {
  ReadAhead ahead(kMost);
  std::size_t asked = 0;
  for (std::uint64_t i = 0; i < 20; ++i) asked += ahead.read(i * 4 * kMiB, 16 * kKiB, kFile).size();
  EXPECT_GT(asked, 20U);
}

TEST(ReadAhead, JumpsBackAreNotFollowed) {
  ReadAhead ahead(kMost);
  for (std::uint64_t i = 20; i > 0; --i) EXPECT_TRUE(ahead.read(i * 10 * kMiB, 16 * kKiB, kFile).empty());
}

TEST(ReadAhead, OfNoBytesAsksForNothing) {
  ReadAhead ahead(0);
  for (std::uint64_t at = 0; at < 4 * kMiB; at += kRead) EXPECT_TRUE(ahead.read(at, kRead, kFile).empty());
}

}  // namespace
}  // namespace esofs::cache
