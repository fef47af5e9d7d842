#include "fs/kernel/pending_requests.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/support/fake_timer.h"

namespace esofs::fs {
namespace {

using namespace std::chrono_literals;

class PendingRequestsTest : public ::testing::Test {
 protected:
  tests::FakeTimer timer_;
  PendingRequests pending_{timer_};
  int request_ = 0;
  int cancels_ = 0;
};

TEST_F(PendingRequestsTest, AnInterruptCancelsOnTheTimersThreadAndNotInTheCallback) {
  pending_.add(&request_);
  pending_.set_cancel(&request_, pending_.number(&request_), [this] { ++cancels_; });
  pending_.interrupt(&request_);
  EXPECT_EQ(cancels_, 0);
  timer_.pass(0ms);
  EXPECT_EQ(cancels_, 1);
}

TEST_F(PendingRequestsTest, AnInterruptThatComesFirstCancelsAsSoonAsItCan) {
  pending_.add(&request_);
  pending_.interrupt(&request_);
  pending_.set_cancel(&request_, pending_.number(&request_), [this] { ++cancels_; });
  timer_.pass(0ms);
  EXPECT_EQ(cancels_, 1);
}

TEST_F(PendingRequestsTest, ARequestIsClaimedOnce) {
  pending_.add(&request_);
  EXPECT_TRUE(pending_.claim(&request_));
  EXPECT_FALSE(pending_.claim(&request_));
  pending_.interrupt(&request_);
  EXPECT_EQ(timer_.waiting(), 0U);
}

TEST_F(PendingRequestsTest, ACancelOfAnAnsweredRequestDoesNotReachTheNextOneAtItsAddress) {
  pending_.add(&request_);
  const auto first = pending_.number(&request_);
  EXPECT_TRUE(pending_.claim(&request_));
  pending_.add(&request_);
  pending_.set_cancel(&request_, first, [this] { ++cancels_; });
  pending_.interrupt(&request_);
  timer_.pass(0ms);
  EXPECT_EQ(cancels_, 0);
}

TEST_F(PendingRequestsTest, TheEndCancelsAllAndCountsTheUnanswered) {
  int other = 0;
  pending_.add(&request_);
  pending_.add(&other);
  pending_.set_cancel(&request_, pending_.number(&request_),
                      [this] { EXPECT_TRUE(pending_.claim(&request_)); });
  EXPECT_EQ(pending_.end_all(1ms), 1U);
  EXPECT_FALSE(pending_.claim(&other)) << "the session is gone: nobody may answer any more";
}

TEST_F(PendingRequestsTest, TheEndWaitsForAnAnswerUnderWay) {
  pending_.add(&request_);
  ASSERT_TRUE(pending_.claim(&request_));
  std::atomic<bool> answered{false};
  std::thread replier([&] {
    answered = true;
    pending_.answered();
  });
  EXPECT_EQ(pending_.end_all(1ms), 0U);
  pending_.wait_answered();
  EXPECT_TRUE(answered);
  replier.join();
}

TEST_F(PendingRequestsTest, AfterTheEndNobodyClaims) {
  pending_.end_all(0ms);
  pending_.add(&request_);
  EXPECT_FALSE(pending_.claim(&request_));
}

}  // namespace
}  // namespace esofs::fs
