#include "cache/walks/read_shape.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kChunk = 64ULL << 10U;

TEST(ReadShapeTest, AHeaderAndTheEndAreWhatAnOpenBrings) {
  ReadShape shape;
  shape.read(0, 4096, 100 * kChunk);
  EXPECT_TRUE(shape.head_and_tail(100 * kChunk));
  shape.read(100 * kChunk - 10, 10, 100 * kChunk);
  EXPECT_TRUE(shape.head_and_tail(100 * kChunk));
  EXPECT_FALSE(shape.whole());
  shape.read(50 * kChunk, 10, 100 * kChunk);
  EXPECT_FALSE(shape.head_and_tail(100 * kChunk));
}

TEST(ReadShapeTest, AFileReadInAnyOrderIsWhole) {
  ReadShape shape;
  for (const std::uint64_t chunk : {2, 0, 3, 1}) shape.read(chunk * kChunk, kChunk, 4 * kChunk - 1);
  EXPECT_TRUE(shape.whole());
  const auto ranges = shape.ranges(9 * kChunk);
  ASSERT_EQ(ranges.size(), 1U) << "of a file of another size all";
  EXPECT_EQ(ranges[0].size, 9 * kChunk);
}

TEST(ReadShapeTest, WhatTwoFilesHaveInCommonIsExpected) {
  ReadShape one;
  ReadShape two;
  for (const std::uint64_t chunk : {0, 10, 20, 33}) one.read(chunk * kChunk, 100, 100 * kChunk);
  for (const std::uint64_t chunk : {0, 10, 20, 35}) two.read(chunk * kChunk, 100, 100 * kChunk);
  const auto ranges = one.common(two).ranges(15 * kChunk + 7);
  ASSERT_EQ(ranges.size(), 2U) << "what lies behind the end is left out";
  EXPECT_EQ(ranges[0].first, 0U);
  EXPECT_EQ(ranges[0].size, kChunk);
  EXPECT_EQ(ranges[1].first, 10 * kChunk);
  EXPECT_EQ(ranges[1].size, kChunk);
}

TEST(ReadShapeTest, OneWholeFileMakesNoOther) {
  ReadShape whole;
  whole.read(0, 10 * kChunk, 10 * kChunk);
  ReadShape header;
  header.read(0, 100, 10 * kChunk);
  EXPECT_FALSE(whole.common(header).whole());
  EXPECT_TRUE(whole.common(header).head_and_tail(10 * kChunk));
}

}  // namespace
}  // namespace esofs::cache
