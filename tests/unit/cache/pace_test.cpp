#include "cache/pace.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kMiB = 1ULL << 20U;

TEST(Pace, TheLeastIsEnoughUntilSomethingIsKnown) {
  Pace pace;
  EXPECT_EQ(pace.window(16, 32 * kMiB, 64 * kMiB), 32 * kMiB);
  pace.answered(10, 64 << 10, 1);  // a header
  EXPECT_EQ(pace.window(16, 32 * kMiB, 64 * kMiB), 32 * kMiB);
}

TEST(Pace, AnArchiveThatAnswersAtOnceNeedsNoMore) {
  Pace pace;
  for (int i = 0; i < 20; ++i) pace.answered(0.0005, 4 * kMiB, 0.1);
  EXPECT_EQ(pace.window(16, 32 * kMiB, 64 * kMiB), 32 * kMiB);
}

TEST(Pace, FarAwayAndFastMoreIsAskedFor) {
  Pace pace;
  for (int i = 0; i < 20; ++i) pace.answered(0.1, kMiB, 0.04);
  EXPECT_EQ(pace.window(16, 32 * kMiB, 64 * kMiB), 64 * kMiB);
}

TEST(Pace, FarAwayAndSlowOnlyAsMuchAsHelps) {
  Pace pace;
  for (int i = 0; i < 20; ++i) pace.answered(0.1, 2 * kMiB, 1.6);
  const auto window = pace.window(16, 32 * kMiB, 512 * kMiB);
  EXPECT_GT(window, 36 * kMiB);
  EXPECT_LT(window, 44 * kMiB);
}

TEST(Pace, TheLatestAnswersCount) {
  Pace pace;
  pace.answered(5, 4 * kMiB, 0.1);
  EXPECT_EQ(pace.window(16, 32 * kMiB, 64 * kMiB), 64 * kMiB);
  for (int i = 0; i < 40; ++i) pace.answered(0.0005, 4 * kMiB, 0.1);
  EXPECT_EQ(pace.window(16, 32 * kMiB, 64 * kMiB), 32 * kMiB);
}

TEST(Pace, MostBoundsLeastToo) {
  const Pace pace;
  EXPECT_EQ(pace.window(16, 32 * kMiB, 4 * kMiB), 4 * kMiB);
  EXPECT_EQ(pace.window(16, 32 * kMiB, 0), 0U);
}

}  // namespace
}  // namespace esofs::cache
