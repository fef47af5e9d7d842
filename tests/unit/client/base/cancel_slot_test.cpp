#include "client/base/cancel_slot.h"

#include <gtest/gtest.h>

#include <memory>

namespace esofs {
namespace {

class CancelSlotTest : public testing::Test {
 protected:
  Cancel counting(int& count) {
    return [&count] { ++count; };
  }
  CancelSlot slot_;
  int first_ = 0;
  int second_ = 0;
};

TEST_F(CancelSlotTest, ACancelEndsTheQuestionThatIsOpen) {
  slot_.hold(slot_.begin(), counting(first_));
  (void)slot_.end();
  slot_.hold(slot_.begin(), counting(second_));
  slot_.cancel();
  EXPECT_EQ(first_, 0);
  EXPECT_EQ(second_, 1);
}

TEST_F(CancelSlotTest, ACancelBeforeItIsKnownHowIsDoneThen) {
  const auto question = slot_.begin();
  slot_.cancel();
  slot_.hold(question, counting(first_));
  EXPECT_EQ(first_, 1);
  slot_.hold(slot_.begin(), counting(second_));
  EXPECT_EQ(second_, 1);
}

TEST_F(CancelSlotTest, WhatCancelsAnAnsweredQuestionIsDropped) {
  const auto question = slot_.begin();
  (void)slot_.end();
  slot_.hold(question, counting(first_));
  EXPECT_FALSE(slot_.open());
  slot_.cancel();
  EXPECT_EQ(first_, 0);
}

TEST_F(CancelSlotTest, WhatCancelsAFormerQuestionIsDropped) {
  const auto former = slot_.begin();
  const auto question = slot_.begin();
  slot_.hold(former, counting(first_));
  slot_.hold(question, counting(second_));
  slot_.cancel();
  EXPECT_EQ(first_, 0);
  EXPECT_EQ(second_, 1);
}

TEST_F(CancelSlotTest, AnEmptyCancelIsAnAnswer) {
  const auto question = slot_.begin();
  EXPECT_TRUE(slot_.open());
  slot_.hold(question, {});
  EXPECT_FALSE(slot_.open());
}

TEST_F(CancelSlotTest, EndingAQuestionReturnsItsCancel) {
  const auto held = std::make_shared<int>();
  slot_.hold(slot_.begin(), [held] {});
  {
    const Cancel ended = slot_.end();
    EXPECT_EQ(held.use_count(), 2);
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace esofs
