#include "fs/tree/log_limit.h"

#include <gmock/gmock.h>

namespace esofs::fs {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr std::int64_t kStart = 1'600'000'000;

TEST(LogLimit, AUserHasSoManyLinesWithinAWhile) {
  LogLimit limit;
  for (std::size_t i = 1; i < LogLimit::kMost; ++i)
    ASSERT_EQ(limit.add(kStart, 1000).line, LogLimit::Line::kWhole);
  EXPECT_EQ(limit.add(kStart, 1000).line, LogLimit::Line::kLast);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(limit.add(kStart + 1, 1000).line, LogLimit::Line::kNone);
  EXPECT_EQ(limit.add(kStart + 1, 1001).line, LogLimit::Line::kWhole) << "another user";
}

TEST(LogLimit, WhatWasLeftOutIsToldOnceWithTheNextFailure) {
  LogLimit limit;
  for (std::size_t i = 0; i < LogLimit::kMost + 3; ++i) (void)limit.add(kStart, 1000);
  const auto next = limit.add(kStart + LogLimit::kWithin, 1001);
  EXPECT_THAT(next.omitted, ElementsAre(Pair(1000, 3U)));
  const auto own = limit.add(kStart + LogLimit::kWithin, 1000);
  EXPECT_EQ(own.line, LogLimit::Line::kWhole);
  EXPECT_THAT(own.omitted, IsEmpty());
}

TEST(LogLimit, AClockThatIsSetBackSilencesNobody) {
  LogLimit limit;
  for (std::size_t i = 0; i < LogLimit::kMost + 1; ++i) (void)limit.add(kStart, 1000);
  EXPECT_EQ(limit.add(kStart - 1000, 1000).line, LogLimit::Line::kWhole);
}

}  // namespace
}  // namespace esofs::fs
