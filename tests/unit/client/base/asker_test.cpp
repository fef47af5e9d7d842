#include "client/base/asker.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <vector>

namespace esofs {
namespace {

TEST(Asker, OnlyTheFirstAnswerIsGiven) {
  std::vector<int> got;
  Asker<int> asker([&got](const Result<int>& answer) { got.push_back(answer ? *answer : -1); });
  EXPECT_FALSE(asker.answered());
  asker.answer(7);
  EXPECT_TRUE(asker.answered());
  asker.answer(Error(EINTR, "interrupted"));
  EXPECT_EQ(got, std::vector<int>{7});
}

TEST(Asker, WhoeverTakesTheContinuationIsTheOneToAnswer) {
  std::vector<int> got;
  Asker<int> asker([&got](const Result<int>& answer) { got.push_back(*answer); });
  const auto waiting = asker.take();
  ASSERT_TRUE(waiting);
  EXPECT_TRUE(asker.answered());
  EXPECT_FALSE(asker.take());
  asker.answer(1);
  (*waiting)(2);
  EXPECT_EQ(got, std::vector<int>{2});
}

}  // namespace
}  // namespace esofs
