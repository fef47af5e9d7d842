#include "fs/tree/timer.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "tests/support/fake_timer.h"
#include "tests/support/held_asks.h"
#include "tests/support/patience.h"

namespace esofs::fs {
namespace {

using namespace std::chrono_literals;
using tests::kPatience;

class DeadlineTest : public ::testing::Test {
 protected:
  Cancel ask() {
    return with_deadline<int>(
        timer_, 10s, Error(EAGAIN, "late"),
        [this](Done<int> done) { return asks_.ask<int>([] { return Result<int>(7); }, std::move(done)); },
        [this](Result<int> result) {
          ++answers_;
          answer_ = std::move(result);
        });
  }

  tests::FakeTimer timer_;
  tests::HeldAsks asks_;
  std::optional<Result<int>> answer_;
  int answers_ = 0;
};

TEST_F(DeadlineTest, AnAnswerAtOnceNeedsNoTimer) {
  (void)ask();
  ASSERT_TRUE(answer_);
  EXPECT_EQ(**answer_, 7);
  EXPECT_EQ(timer_.waiting(), 0U);
}

TEST_F(DeadlineTest, AnAnswerInTimeIsGivenAndTheAlarmIsDropped) {
  asks_.hold();
  (void)ask();
  EXPECT_FALSE(answer_);
  timer_.pass(9s);
  asks_.release();
  ASSERT_TRUE(answer_ && *answer_);
  EXPECT_EQ(**answer_, 7);
  EXPECT_EQ(timer_.waiting(), 0U);
}

TEST_F(DeadlineTest, TooLateIsAnsweredOnceAndTheOperationIsCancelled) {
  asks_.hold();
  (void)ask();
  timer_.pass(10s);
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error().code(), EAGAIN);
  EXPECT_EQ(asks_.waiting(), 0U);
  asks_.release();
  EXPECT_EQ(answers_, 1);
}

TEST_F(DeadlineTest, ACancelAnswersEintrOnce) {
  asks_.hold();
  const Cancel cancel = ask();
  ASSERT_TRUE(cancel);
  cancel();
  ASSERT_TRUE(answer_);
  EXPECT_EQ(answer_->error().code(), EINTR);
  cancel();
  timer_.pass(20s);
  asks_.release();
  EXPECT_EQ(answers_, 1);
}

TEST(ThreadTimer, JobsRunInTheOrderOfTheirTimes) {
  ThreadTimer timer;
  std::promise<void> done;
  std::string order;
  timer.after(40ms, [&] {
    order += "b";
    done.set_value();
  });
  timer.after(0ms, [&] { order += "a"; });
  ASSERT_EQ(done.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(order, "ab");
}

TEST(ThreadTimer, ADroppedJobDoesNotRunAndAJobMayPostAnother) {
  ThreadTimer timer;
  std::promise<void> done;
  bool dropped_ran = false;
  const auto dropped = timer.after(20ms, [&] { dropped_ran = true; });
  timer.drop(dropped);
  timer.drop(dropped);
  timer.after(0ms, [&] { timer.after(40ms, [&] { done.set_value(); }); });
  ASSERT_EQ(done.get_future().wait_for(kPatience), std::future_status::ready);
  EXPECT_FALSE(dropped_ran);
}

}  // namespace
}  // namespace esofs::fs
