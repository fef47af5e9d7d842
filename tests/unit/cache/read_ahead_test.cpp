#include "cache/read_ahead.h"

#include <gtest/gtest.h>

#include <vector>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kKiB = 1024;
constexpr std::uint64_t kMiB = 1024 * kKiB;
constexpr std::uint64_t kFile = 300'000 * kMiB;
constexpr std::uint64_t kRead = 128 * kKiB;  // the kernel's usual READ
constexpr std::uint64_t kMost = 32 * kMiB;

TEST(ReadAhead, AHeaderReadAsksForNothingMore) {
  ReadAhead ahead(kMost);
  EXPECT_FALSE(ahead.read(0, kRead, kFile));
  EXPECT_FALSE(ahead.read(kRead, kRead, kFile));  // what the kernel adds
}

TEST(ReadAhead, OneLargeReadIsNoSequence) {
  ReadAhead ahead(kMost);
  EXPECT_FALSE(ahead.read(0, 8 * kMiB, kFile));
  EXPECT_FALSE(ahead.read(0, 8 * kMiB, kFile));
  EXPECT_TRUE(ahead.read(8 * kMiB, kRead, kFile));
}

TEST(ReadAhead, RandomReadsAskForNothing) {
  ReadAhead ahead(kMost);
  for (std::uint64_t i = 0; i < 200; ++i)
    EXPECT_FALSE(ahead.read(i * 7919 % 1000 * 50 * kMiB, 16 * kKiB, kFile)) << i;
}

TEST(ReadAhead, ASequenceIsAskedForOnceAndWithoutGaps) {
  ReadAhead ahead(kMost);
  std::uint64_t asked = 0;
  for (std::uint64_t at = 0; at < 200 * kMiB; at += kRead) {
    const auto range = ahead.read(at, kRead, kFile);
    if (!range) continue;
    if (asked != 0) {
      EXPECT_EQ(range->first, asked);
    }
    asked = range->first + range->size;
    EXPECT_LE(asked, at + kRead + kMost);
  }
  EXPECT_GE(asked, 200 * kMiB + kMost / 2);
}

TEST(ReadAhead, TheRangesGrowWithTheSequence) {
  ReadAhead ahead(kMost);
  for (std::uint64_t at = 0; at < 64 * kMiB; at += kRead) {
    const auto range = ahead.read(at, kRead, kFile);
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
      if (const auto range = ahead.read(at, kRead, kFile)) asked = range->first + range->size;
    }
  }
  EXPECT_GT(asked, 128 * kRead + 4 * kMiB);
}

TEST(ReadAhead, SeveralReadersAreToldApart) {
  ReadAhead ahead(kMost);
  std::vector<std::uint64_t> asked(4, 0);
  for (std::uint64_t step = 0; step < 64; ++step) {
    for (std::uint64_t reader = 0; reader < asked.size(); ++reader) {
      const std::uint64_t base = reader * 1000 * kMiB;
      if (const auto range = ahead.read(base + step * kRead, kRead, kFile)) {
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
    if (const auto range = ahead.read(at, std::min(kRead, size - at), size))
      asked = range->first + range->size;
  }
  EXPECT_EQ(asked, size);
}

TEST(ReadAhead, OfNoBytesAsksForNothing) {
  ReadAhead ahead(0);
  for (std::uint64_t at = 0; at < 4 * kMiB; at += kRead) EXPECT_FALSE(ahead.read(at, kRead, kFile));
}

}  // namespace
}  // namespace esofs::cache
