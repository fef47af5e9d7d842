#include "fs/kernel/activity.h"

#include <gtest/gtest.h>

#include <chrono>

namespace esofs::fs {
namespace {

using std::chrono::seconds;

Cause by(pid_t pid, Operation operation = Operation::kRead) {
  Cause cause;
  cause.pid = pid;
  cause.operation = operation;
  return cause;
}

TEST(Activity, WhatWaitsIsThereUntilItsAnswer) {
  Activity activity;
  const auto later = Activity::Clock::now() + seconds(60);
  auto use = activity.begin(7, by(77), 1000);
  ASSERT_EQ(activity.now(later).size(), 1U) << "it waits, for however long";
  EXPECT_EQ(activity.now(later)[0].waiting, 1);
  use->served(100);
  use.reset();
  EXPECT_TRUE(activity.now(later).empty());
  ASSERT_EQ(activity.now().size(), 1U) << "it has had its answer a moment ago";
  EXPECT_EQ(activity.now()[0].waiting, 0);
  EXPECT_EQ(activity.now()[0].served, 100U);
}

TEST(Activity, ReadsOfOneFileByOneProcessAreOne) {
  Activity activity;
  const auto first = activity.begin(7, by(77, Operation::kOpen), 1000);
  const auto second = activity.begin(7, by(77), 1001);
  const auto another = activity.begin(7, by(78), 1002);
  first->served(10);
  second->served(5);
  const auto all = activity.now();
  ASSERT_EQ(all.size(), 2U);
  for (const auto& doing : all) {
    EXPECT_EQ(doing.waiting, doing.cause.pid == 77 ? 2 : 1);
    EXPECT_EQ(doing.served, doing.cause.pid == 77 ? 15U : 0U);
    EXPECT_EQ(doing.since, doing.cause.pid == 77 ? 1000 : 1002);
  }
  EXPECT_EQ(activity.served(), 15U);
}

TEST(Activity, AfterAPauseItBeginsAgain) {
  Activity activity;
  activity.begin(7, by(77), 1000)->served(10);
  const auto later = Activity::Clock::now() + seconds(60);
  const auto use = activity.begin(7, by(77), 1060, later);
  ASSERT_EQ(activity.now(later).size(), 1U);
  EXPECT_EQ(activity.now(later)[0].since, 1060);
  EXPECT_EQ(activity.now(later)[0].served, 0U);
  EXPECT_EQ(activity.served(), 10U);
}

TEST(Activity, AnAnswerMayComeAfterTheMount) {
  Activity::UsePtr use;
  {
    Activity activity;
    use = activity.begin(7, by(77), 1000);
  }
  use->served(1);
}

}  // namespace
}  // namespace esofs::fs
