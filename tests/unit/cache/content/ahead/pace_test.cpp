#include "cache/content/ahead/pace.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20U;

class PaceTest : public testing::Test {
 protected:
  // `streams` at once, each asking again as soon as it has its answer, as long as `answers` say.
  void streams(int streams, int answers, double wait, double body, std::uint64_t bytes) {
    for (int i = 0; i < answers; ++i) {
      const double late = (wait + body) / streams * (i % streams);
      pace_.answered(now_ + late, wait, body, bytes);
      if (i % streams == streams - 1) now_ += wait + body;
    }
  }

  Pace pace_;
  double now_ = 1000;
};

TEST_F(PaceTest, TheLeastIsEnoughUntilSomethingIsKnown) {
  EXPECT_EQ(pace_.window(32 * kMiB, 64 * kMiB), 32 * kMiB);
  streams(1, 1, 10, 1, 64 << 10);  // a header
  EXPECT_EQ(pace_.window(32 * kMiB, 64 * kMiB), 32 * kMiB);
}

TEST_F(PaceTest, AnArchiveThatAnswersAtOnceNeedsNoMore) {
  streams(16, 48, 0.0005, 0.1, 4 * kMiB);
  EXPECT_EQ(pace_.window(32 * kMiB, 64 * kMiB), 32 * kMiB);
}

TEST_F(PaceTest, FarAwayAndFastMoreIsAskedFor) {
  streams(16, 48, 0.1, 0.04, kMiB);
  EXPECT_EQ(pace_.window(32 * kMiB, 64 * kMiB), 64 * kMiB);
}

TEST_F(PaceTest, FarAwayAndSlowOnlyAsMuchAsHelps) {
  streams(16, 160, 0.1, 1.6, 2 * kMiB);
  const auto window = pace_.window(32 * kMiB, 512 * kMiB);
  EXPECT_GT(window, 36 * kMiB);
  EXPECT_LT(window, 44 * kMiB);
}

TEST_F(PaceTest, TheLatestAnswersCount) {
  streams(1, 1, 5, 0.1, 4 * kMiB);
  EXPECT_EQ(pace_.window(32 * kMiB, 64 * kMiB), 64 * kMiB);
  streams(16, 96, 0.0005, 0.1, 4 * kMiB);
  EXPECT_EQ(pace_.window(32 * kMiB, 64 * kMiB), 32 * kMiB);
}

// Each answer has come as soon as it is looked at, and each has waited for the others: 700 MiB/s and 2 ms.
TEST_F(PaceTest, WhatWaitsForThisMachineIsNotFarAway) {
  for (int i = 0; i < 100; ++i) {
    pace_.answered(now_ - 0.002, 0.002, 0.0002, kMiB);
    now_ += 1.0 / 700;
  }
  EXPECT_EQ(pace_.window(32 * kMiB, 512 * kMiB), 32 * kMiB);
}

TEST_F(PaceTest, WhileNothingIsAskedForNoTimePasses) {
  streams(16, 48, 0.1, 0.04, kMiB);
  now_ += 3600;
  streams(16, 16, 0.1, 0.04, kMiB);
  EXPECT_EQ(pace_.window(32 * kMiB, 64 * kMiB), 64 * kMiB);
}

TEST_F(PaceTest, MostBoundsLeastToo) {
  EXPECT_EQ(pace_.window(32 * kMiB, 4 * kMiB), 4 * kMiB);
  EXPECT_EQ(pace_.window(32 * kMiB, 0), 0U);
}

}  // namespace
}  // namespace esofs::cache
