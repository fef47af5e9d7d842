#include "cache/walks/walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace esofs::cache {
namespace {

Walk after(const std::vector<std::int64_t>& places) {
  Walk walk(places.front());
  for (std::size_t i = 1; i < places.size(); ++i) walk.opened(places[i]);
  return walk;
}

TEST(WalkTest, ThreeNeighboursAreAnOrder) {
  EXPECT_EQ(after({7}).step(), 0);
  EXPECT_EQ(after({7, 8}).step(), 0);
  const Walk walk = after({7, 8, 9});
  EXPECT_EQ(walk.step(), 1);
  EXPECT_EQ(walk.front(), 9);
  EXPECT_EQ(walk.opens(), 3U);
}

TEST(WalkTest, BackwardsIsAnOrder) {
  const Walk walk = after({100, 99, 98, 97});
  EXPECT_EQ(walk.step(), -1);
  EXPECT_EQ(walk.front(), 97);
}

TEST(WalkTest, EveryFifthIsAnOrderAfterFour) {
  EXPECT_EQ(after({0, 5, 10}).step(), 0);
  const Walk walk = after({0, 5, 10, 15});
  EXPECT_EQ(walk.step(), 5);
  EXPECT_EQ(walk.front(), 15);
  EXPECT_TRUE(walk.near(20));
  EXPECT_FALSE(walk.near(17));
}

TEST(WalkTest, SeveralProcessesAtOnceAreOneWalk) {
  const Walk walk = after({1, 0, 2, 5, 3, 4, 8, 6, 7, 9});
  EXPECT_EQ(walk.step(), 1);
  EXPECT_EQ(walk.front(), 9);
}

TEST(WalkTest, AProcessThatIsSlowDoesNotBreakTheOrder) {
  const Walk walk = after({0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 3, 14});
  EXPECT_EQ(walk.step(), 1);
  EXPECT_EQ(walk.front(), 14);
  EXPECT_EQ(walk.opens(), 15U);
}

TEST(WalkTest, AFileThatIsOpenedTwiceSaysNothingNew) {
  const Walk walk = after({0, 0, 1, 1, 2, 2});
  EXPECT_EQ(walk.step(), 1);
  EXPECT_EQ(walk.opens(), 3U);
}

TEST(WalkTest, AFileLeftOutDoesNotBreakTheOrder) {
  const Walk walk = after({0, 1, 2, 4, 5});
  EXPECT_EQ(walk.step(), 1);
  EXPECT_EQ(walk.front(), 5);
}

TEST(WalkTest, AJumpBreaksTheOrder) {
  const Walk walk = after({0, 1, 2, 3, 20});
  EXPECT_EQ(walk.step(), 0);
  EXPECT_EQ(walk.opens(), 1U);
  EXPECT_EQ(walk.front(), 20);
}

TEST(WalkTest, WhatIsFarDoesNotBelongToIt) {
  const Walk walk = after({0, 1, 2, 3});
  EXPECT_TRUE(walk.near(4));
  EXPECT_TRUE(walk.near(1));
  EXPECT_FALSE(walk.near(100));
  EXPECT_FALSE(walk.near(-50));
}

TEST(WalkTest, RandomPlacesAreHardlyEverAnOrder) {
  std::vector<std::int64_t> places(1000);
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::int64_t>(i);
  std::shuffle(places.begin(), places.end(), std::mt19937(1));  // NOLINT(*-msc51-cpp): the same in every run
  Walk walk(places.front());
  int orders = 0;
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (!walk.near(places[i])) walk = Walk(places[i]);
    walk.opened(places[i]);
    orders += walk.step() != 0 ? 1 : 0;
  }
  EXPECT_EQ(orders, 0);
}

}  // namespace
}  // namespace esofs::cache
