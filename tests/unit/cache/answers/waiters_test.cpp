#include "cache/answers/waiters.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace esofs::cache {
namespace {

struct Answer {
  int times = 0;
  std::optional<Result<int>> result;
  Done<int> done() {
    return [this](Result<int> landed) {
      ++times;
      result = std::move(landed);
    };
  }
};

TEST(WaitersTest, TheFirstAskerWorksAndAllAreAnswered) {
  Waiters<std::string, int> waiters;
  Answer first;
  Answer second;
  EXPECT_TRUE(waiters.join("a", first.done()).first);
  EXPECT_FALSE(waiters.join("a", second.done()).first);
  EXPECT_EQ(waiters.waiting("a"), 2U);
  waiters.land("a", 7);
  EXPECT_EQ(**first.result, 7);
  EXPECT_EQ(**second.result, 7);
  EXPECT_FALSE(waiters.flying("a"));
}

TEST(WaitersTest, ACancelledAskerGetsEintrOnceAndTheFlightContinues) {
  Waiters<std::string, int> waiters;
  Answer leaver;
  Answer stayer;
  const auto left = waiters.join("a", leaver.done());
  const auto stayed = waiters.join("a", stayer.done());
  left.cancel();
  left.cancel();
  ASSERT_TRUE(leaver.result);
  EXPECT_EQ(leaver.result->error().code(), EINTR);
  EXPECT_TRUE(waiters.flying("a"));
  waiters.land("a", 1);
  left.cancel();
  stayed.cancel();
  EXPECT_EQ(leaver.times, 1);
  EXPECT_EQ(stayer.times, 1);
  EXPECT_EQ(**stayer.result, 1);
}

TEST(WaitersTest, AFlightThatAllHaveLeftIsJoinedAndNotStartedAgain) {
  Waiters<int, int> waiters;
  Answer leaver;
  Answer late;
  waiters.join(1, leaver.done()).cancel();
  EXPECT_EQ(waiters.waiting(1), 0U);
  EXPECT_FALSE(waiters.join(1, late.done()).first);
  waiters.land(1, Error(EIO, "broken"));
  EXPECT_EQ(late.result->error().code(), EIO);
}

TEST(WaitersTest, AnAnswerMayAskAgainAndACancelMayOutliveTheWaiters) {
  Cancel cancel;
  Answer again;
  {
    Waiters<int, int> waiters;
    EXPECT_TRUE(
        waiters.join(1, [&](const Result<int>&) { cancel = waiters.join(1, again.done()).cancel; }).first);
    waiters.land(1, 5);
    EXPECT_TRUE(waiters.flying(1));
  }
  cancel();
  EXPECT_EQ(again.result->error().code(), EINTR);
}

TEST(WaitersTest, LaterAskersJoinWorkInTheBackground) {
  Waiters<int, int> waiters;
  Answer late;
  EXPECT_TRUE(waiters.begin(1));
  EXPECT_FALSE(waiters.begin(1));
  EXPECT_FALSE(waiters.join(1, late.done()).first);
  waiters.land(1, 3);
  EXPECT_EQ(**late.result, 3);
}

}  // namespace
}  // namespace esofs::cache
