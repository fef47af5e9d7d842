#include "cache/answers/flights.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::cache {
namespace {

class FlightsTest : public ::testing::Test {
 protected:
  struct Asker {
    std::vector<int> answers;  // 0: the answer
  };
  Flights<int>::Joined join(Asker& asker, Unwanted unwanted = Unwanted::kGoesOn, std::int64_t now = 100) {
    return flights_.join("file", unwanted, now, [&asker](const Result<int>& answer) {
      asker.answers.push_back(answer ? 0 : answer.error().code());
    });
  }

  Flights<int> flights_;
  Asker anna_;
  Asker ben_;
};

TEST_F(FlightsTest, TheFirstBeginsAndAllAreAnsweredOnce) {
  const auto anna = join(anna_);
  ASSERT_TRUE(anna.begin);
  EXPECT_FALSE(join(ben_).begin);
  flights_.land(*anna.begin, 1);
  flights_.land(*anna.begin, Error(EIO, "late"));
  anna.cancel();
  EXPECT_EQ(anna_.answers, std::vector<int>{0});
  EXPECT_EQ(ben_.answers, std::vector<int>{0});
  EXPECT_FALSE(flights_.current(*anna.begin));
}

TEST_F(FlightsTest, AnOpenerThatLeavesIsAnsweredAndTheOthersStay) {
  const auto anna = join(anna_);
  const auto ben = join(ben_);
  anna.cancel();
  anna.cancel();
  EXPECT_EQ(anna_.answers, std::vector<int>{EINTR});
  flights_.land(*anna.begin, Error(EIO, "no"));
  EXPECT_EQ(ben_.answers, std::vector<int>{EIO});
}

TEST_F(FlightsTest, ACutoutIsStoppedWhenTheLastOneLeaves) {
  const auto anna = join(anna_, Unwanted::kStops);
  const auto ben = join(ben_, Unwanted::kStops);
  anna.cancel();
  EXPECT_FALSE(anna.begin->stop.stop_requested());
  ben.cancel();
  EXPECT_TRUE(anna.begin->stop.stop_requested());
  EXPECT_FALSE(flights_.stopped(*anna.begin)) << "nobody wants another one";
  EXPECT_FALSE(flights_.current(*anna.begin));
}

TEST_F(FlightsTest, WhoComesFirstToAPreparedFlightWaitsForIt) {
  const auto prepared = flights_.begin("file", Unwanted::kRaces, {});
  ASSERT_TRUE(prepared);
  prepared->alive_at = 100;
  const auto anna = join(anna_, Unwanted::kRaces, 105);
  EXPECT_FALSE(anna.begin);
  anna.cancel();
  EXPECT_TRUE(join(ben_, Unwanted::kRaces, 105).begin) << "somebody has waited in vain";
}

TEST_F(FlightsTest, AnOpenerThatJoinsAStoppedAttemptGetsAnotherOne) {
  const auto anna = join(anna_, Unwanted::kStops);
  anna.cancel();
  EXPECT_FALSE(join(ben_, Unwanted::kStops).begin);
  const auto next = flights_.stopped(*anna.begin);
  ASSERT_TRUE(next);
  flights_.land(*anna.begin, Error(EIO, "of the stopped one"));
  EXPECT_TRUE(ben_.answers.empty());
  flights_.land(*next, 1);
  EXPECT_EQ(ben_.answers, std::vector<int>{0});
}

TEST_F(FlightsTest, AnAttemptThatHangsAndWasLeftIsReplaced) {
  const auto anna = join(anna_);
  anna.begin->alive_at = 100;
  anna.cancel();
  EXPECT_FALSE(anna.begin->stop.stop_requested()) << "what it learns is kept";
  const auto ben = join(ben_, Unwanted::kGoesOn, 101);
  ASSERT_TRUE(ben.begin);
  EXPECT_TRUE(anna.begin->stop.stop_requested());
  EXPECT_FALSE(flights_.current(*anna.begin));
  flights_.land(*anna.begin, Error(EIO, "of the hung one"));
  EXPECT_TRUE(ben_.answers.empty());
  flights_.land(*ben.begin, 1);
  EXPECT_EQ(ben_.answers, std::vector<int>{0});
}

TEST_F(FlightsTest, AnAttemptThatIsStoppedLeavesItsOwnQuestion) {
  const auto anna = join(anna_);
  bool left = false;
  const auto question = anna.begin->question.begin();
  anna.begin->question.hold(question, [&left] { left = true; });
  anna.begin->alive_at = 100;
  anna.cancel();
  EXPECT_FALSE(left);
  EXPECT_TRUE(join(ben_, Unwanted::kGoesOn, 101).begin);
  EXPECT_TRUE(left);
}

TEST_F(FlightsTest, WhoComesBackBeforeItHangsEndsItsPatience) {
  using namespace std::chrono_literals;
  const auto anna = join(anna_);
  anna.begin->alive_at = 100;
  EXPECT_FALSE(join(ben_).begin);
  EXPECT_FALSE(anna.begin->patience.ends(1h)) << "nobody has left";
  Asker cleo;
  anna.cancel();
  flights_.land(*anna.begin, 1);
  const auto again = join(anna_);
  again.begin->alive_at = 100;
  again.cancel();
  EXPECT_FALSE(join(cleo).begin);
  EXPECT_TRUE(again.begin->patience.ends(1h));
}

TEST_F(FlightsTest, WhoComesBackMakesItAskOthersAgainOnce) {
  const auto anna = join(anna_);
  (void)anna.begin->question.begin();
  anna.cancel();
  const auto ben = join(ben_);
  ASSERT_TRUE(ben.begin);
  EXPECT_TRUE(anna.begin->stop.stop_requested());
  (void)ben.begin->question.begin();
  ben.cancel();
  EXPECT_FALSE(join(anna_).begin);
}

class RacingFlightsTest : public FlightsTest {
 protected:
  // An attempt that was left while it hung, and the one that was begun beside it.
  std::pair<AttemptPtr, AttemptPtr> race() {
    const auto first = join(anna_, Unwanted::kRaces);
    first.begin->alive_at = 100;
    first.cancel();
    const auto second = join(ben_, Unwanted::kRaces, 101);
    return {first.begin, second.begin};
  }
};

TEST_F(RacingFlightsTest, TheFirstAnswerCounts) {
  for (const bool slow_one : {true, false}) {
    const auto [slow, next] = race();
    ASSERT_TRUE(next);
    EXPECT_FALSE(slow->stop.stop_requested());
    flights_.land(slow_one ? *slow : *next, 1);
    EXPECT_EQ(ben_.answers, std::vector<int>{0});
    EXPECT_TRUE((slow_one ? next : slow)->stop.stop_requested());
    flights_.land(slow_one ? *next : *slow, Error(EIO, "late"));
    EXPECT_EQ(ben_.answers, std::vector<int>{0});
    ben_.answers.clear();
  }
}

TEST_F(RacingFlightsTest, TheFailureOfTheOlderOneIsNoAnswer) {
  const auto [slow, next] = race();
  flights_.land(*slow, Error(ETIMEDOUT, "it hung"));
  EXPECT_TRUE(ben_.answers.empty());
  flights_.land(*next, Error(ENOENT, "none"));
  EXPECT_EQ(ben_.answers, std::vector<int>{ENOENT});
}

TEST_F(FlightsTest, EachReplacementIsGivenTwiceTheTime) {
  std::int64_t now = 100;
  auto attempt = join(anna_, Unwanted::kGoesOn, now);
  for (const std::int64_t patience : {1, 2, 4}) {
    attempt.begin->alive_at = now;
    attempt.cancel();
    if (patience > 1) {
      const auto early = join(ben_, Unwanted::kGoesOn, now + patience - 1);
      EXPECT_FALSE(early.begin) << patience;
      early.cancel();
    }
    now += patience;
    attempt = join(anna_, Unwanted::kGoesOn, now);
    ASSERT_TRUE(attempt.begin) << patience;
  }
}

TEST_F(FlightsTest, AnAttemptThatIsAliveQueuedOrAwaitedIsJoined) {
  const auto anna = join(anna_);
  anna.cancel();
  const auto ben = join(ben_, Unwanted::kGoesOn, 200);
  EXPECT_FALSE(ben.begin) << "it was not sent yet";
  anna.begin->alive_at = 100;
  EXPECT_FALSE(join(anna_, Unwanted::kGoesOn, 200).begin) << "somebody waits for it";
}

}  // namespace
}  // namespace esofs::cache
