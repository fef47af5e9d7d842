#include "cache/content/flights.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::cache {
namespace {

using Unwanted = Flights::Unwanted;

class FlightsTest : public ::testing::Test {
 protected:
  struct Asker {
    std::vector<int> answers;  // 0: the file
  };
  Flights::Joined join(Asker& asker, Unwanted unwanted = Unwanted::kGoesOn, std::int64_t now = 100) {
    return flights_.join("file", unwanted, now, [&asker](const Result<Delivered>& delivered) {
      asker.answers.push_back(delivered ? 0 : delivered.error().code());
    });
  }

  Flights flights_;
  Asker anna_;
  Asker ben_;
};

TEST_F(FlightsTest, TheFirstBeginsAndAllAreAnsweredOnce) {
  const auto anna = join(anna_);
  ASSERT_TRUE(anna.begin);
  EXPECT_FALSE(join(ben_).begin);
  flights_.land(*anna.begin, Delivered{});
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

TEST_F(FlightsTest, AnOpenerThatJoinsAStoppedAttemptGetsAnotherOne) {
  const auto anna = join(anna_, Unwanted::kStops);
  anna.cancel();
  EXPECT_FALSE(join(ben_, Unwanted::kStops).begin);
  const auto next = flights_.stopped(*anna.begin);
  ASSERT_TRUE(next);
  flights_.land(*anna.begin, Error(EIO, "of the stopped one"));
  EXPECT_TRUE(ben_.answers.empty());
  flights_.land(*next, Delivered{});
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
  flights_.land(*ben.begin, Delivered{});
  EXPECT_EQ(ben_.answers, std::vector<int>{0});
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
