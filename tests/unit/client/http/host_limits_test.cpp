#include "client/http/host_limits.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>

namespace esofs::client {
namespace {

using namespace std::chrono_literals;

class HostLimitTest : public ::testing::Test {
 protected:
  void begin_flowing(int count) {
    for (int i = 0; i < count; ++i) {
      limit_.begun();
      limit_.flows();
    }
  }

  HostLimit limit_;
  HostLimit::Time now_ = HostLimit::Time() + 1h;
};

TEST_F(HostLimitTest, WithoutRefusalsThereIsNone) {
  begin_flowing(30);
  EXPECT_TRUE(limit_.free(now_));
  EXPECT_EQ(limit_.limit(), std::nullopt);
}

TEST_F(HostLimitTest, ARefusalAmongOthersAllowsAsManyAsRun) {
  begin_flowing(2);
  limit_.begun();
  EXPECT_TRUE(limit_.refused(now_, now_));
  limit_.ended(false, now_);
  EXPECT_EQ(limit_.limit(), 2);
  EXPECT_FALSE(limit_.free(now_));
  limit_.ended(true, now_);
  EXPECT_TRUE(limit_.free(now_));
}

TEST_F(HostLimitTest, ARefusalOfTheOnlyRequestIsAFailure) {
  limit_.begun();
  EXPECT_FALSE(limit_.refused(now_, now_));
  limit_.begun();  // another one that waits for its answer
  EXPECT_FALSE(limit_.refused(now_, now_));
  EXPECT_EQ(limit_.limit(), std::nullopt);
}

TEST_F(HostLimitTest, ATransferThatHasJustEndedCounts) {
  begin_flowing(1);
  limit_.ended(true, now_);
  limit_.begun();
  EXPECT_TRUE(limit_.refused(now_, now_));
  EXPECT_EQ(limit_.limit(), 1);
  EXPECT_FALSE(limit_.refused(now_ + 2 * HostLimit::kSlack, now_ + 2 * HostLimit::kSlack));
}

TEST_F(HostLimitTest, EveryRefusalLowersItToOneAtLast) {
  begin_flowing(3);
  limit_.begun();
  EXPECT_TRUE(limit_.refused(now_, now_));
  EXPECT_EQ(limit_.limit(), 3);
  for (int i = 0; i < 3; ++i) limit_.ended(true, now_);
  EXPECT_TRUE(limit_.refused(now_, now_));
  EXPECT_EQ(limit_.limit(), 1);
  EXPECT_TRUE(limit_.refused(now_, now_));
  EXPECT_EQ(limit_.limit(), 1);
}

TEST_F(HostLimitTest, ItRisesByOneAMinute) {
  begin_flowing(1);
  limit_.begun();
  EXPECT_TRUE(limit_.refused(now_, now_));
  limit_.ended(false, now_);
  EXPECT_FALSE(limit_.free(now_ + HostLimit::kRise - 1ms));
  EXPECT_TRUE(limit_.free(now_ + HostLimit::kRise));
  EXPECT_EQ(limit_.limit(), 2);
  EXPECT_TRUE(limit_.free(now_ + HostLimit::kRise + 1ms));
  EXPECT_EQ(limit_.limit(), 2);
}

TEST_F(HostLimitTest, AtLastItIsForgotten) {
  begin_flowing(1);
  EXPECT_TRUE(limit_.refused(now_, now_));
  for (int i = 1; i < 64; ++i) limit_.free(now_ + i * HostLimit::kRise);
  EXPECT_EQ(limit_.limit(), std::nullopt);
}

// --- 403 ---

TEST_F(HostLimitTest, A403OfWhatWasNeverGivenIsARefusal) {
  begin_flowing(2);
  limit_.begun();
  EXPECT_FALSE(limit_.forbidden(false, 0, now_, now_));
  EXPECT_EQ(limit_.limit(), std::nullopt);
}

TEST_F(HostLimitTest, A403OfWhatWasGivenIsALimitWhileOthersGoOn) {
  begin_flowing(2);
  limit_.begun();
  EXPECT_TRUE(limit_.forbidden(true, 0, now_, now_));
  EXPECT_EQ(limit_.limit(), 2);
}

TEST_F(HostLimitTest, OthersThatWaitForTheirAnswersCountFor403) {
  for (int i = 0; i < 3; ++i) limit_.begun();
  EXPECT_TRUE(limit_.forbidden(true, 0, now_, now_));
  EXPECT_EQ(limit_.limit(), 2);
}

TEST_F(HostLimitTest, A403OfTheOnlyRequestIsARefusal) {
  limit_.begun();
  EXPECT_FALSE(limit_.forbidden(true, 0, now_, now_));
}

TEST_F(HostLimitTest, AHostThatIsKnownToSay403IsDoubtedForAWhile) {
  begin_flowing(2);
  limit_.begun();
  EXPECT_TRUE(limit_.forbidden(true, 0, now_, now_));
  EXPECT_TRUE(limit_.forbidden(false, 0, now_, now_));
  EXPECT_FALSE(limit_.forbidden(false, 3, now_, now_));
  EXPECT_TRUE(limit_.forbidden(true, 3, now_, now_));
  EXPECT_FALSE(limit_.forbidden(true, 8, now_, now_));
}

// --- with waiting ---

class HostLimitsTest : public ::testing::Test {
 protected:
  static constexpr auto kPatience =
      20s;  // a stuck test must fail, not hang; no assertion rests on this time passing

  HostLimits limits_{[] { return HostLimit::Time() + 1h; }};
  std::stop_source stop_;
  Turn turn_{stop_.get_token()};
};

TEST_F(HostLimitsTest, ARequestWithoutAPlaceWaitsForOne) {
  std::jthread second;
  std::atomic<bool> ended = false;
  std::atomic<bool> saw_ended = false;
  {
    auto first = limits_.enter("h:80", true, kPatience, turn_);
    first.flows("a");
    {
      auto refused = limits_.enter("h:80", true, kPatience, turn_);
      EXPECT_TRUE(refused.refused());
    }
    EXPECT_EQ(limits_.limit("h:80"), 1);
    EXPECT_EQ(limits_.limit("other:80"), std::nullopt);
    second = std::jthread([&] {
      Turn turn{std::stop_token()};
      auto place = limits_.enter("h:80", true, kPatience, turn);
      saw_ended = ended.load();
    });
    auto elsewhere = limits_.enter("other:80", true, kPatience, turn_);
    auto query = limits_.enter("h:80", false, kPatience, turn_);
    ended = true;
  }
  second.join();
  EXPECT_TRUE(saw_ended);
}

TEST_F(HostLimitsTest, WhatWasGivenToOneLoginIsNotGivenToAnother) {
  auto first = limits_.enter("h:80", true, kPatience, turn_);
  first.flows("url\nanna");
  auto second = limits_.enter("h:80", true, kPatience, turn_);
  EXPECT_FALSE(second.forbidden("url\nben", 0));
  EXPECT_FALSE(second.forbidden("url\n", 0));
  EXPECT_TRUE(second.forbidden("url\nanna", 0));
}

TEST_F(HostLimitsTest, AStopEndsTheWait) {
  auto first = limits_.enter("h:80", true, kPatience, turn_);
  first.flows("a");
  {
    auto refused = limits_.enter("h:80", true, kPatience, turn_);
    ASSERT_TRUE(refused.refused());
  }
  stop_.request_stop();
  auto second = limits_.enter("h:80", true, kPatience, turn_);
  EXPECT_EQ(limits_.limit("h:80"), 1);
}

TEST_F(HostLimitsTest, PatienceEnds) {
  auto first = limits_.enter("h:80", true, kPatience, turn_);
  first.flows("a");
  {
    auto refused = limits_.enter("h:80", true, kPatience, turn_);
    ASSERT_TRUE(refused.refused());
  }
  auto second = limits_.enter("h:80", true, 0ms, turn_);  // to see whether there is still a limit
  EXPECT_TRUE(second.refused());
}

}  // namespace
}  // namespace esofs::client
