#include "fs/tree/home_thread.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <future>
#include <string>

namespace esofs::fs {
namespace {

TEST(HomeThread, JobsRunInTheirOrder) {
  std::string order;
  {
    HomeThread home;
    for (const char letter : {'a', 'b', 'c'}) EXPECT_TRUE(home.post([&order, letter] { order += letter; }));
  }
  EXPECT_EQ(order, "abc");
}

TEST(HomeThread, ACancelledQuestionIsAnsweredWhileTheDiskHangs) {
  HomeThread home;
  std::promise<void> hang;
  std::promise<int> late;
  std::optional<int> code;
  std::promise<void> begun;
  auto cancel = home.ask<int>(
      [&](const Done<int>& done) {
        begun.set_value();
        hang.get_future().wait();
        done(7);
      },
      [&](const Result<int>& answer) { code = answer ? 0 : answer.error().code(); },
      [&](const Result<int>& answer) { late.set_value(*answer); });
  begun.get_future().wait();
  cancel();
  EXPECT_EQ(code, EINTR);
  hang.set_value();
  EXPECT_EQ(late.get_future().get(), 7) << "what came too late is given back";
}

TEST(HomeThread, AQuestionThatWasCancelledInTheQueueDoesNothing) {
  HomeThread home;
  std::promise<void> hang;
  bool done = false;
  ASSERT_TRUE(home.post([&] { hang.get_future().wait(); }));
  auto cancel = home.ask<int>([&](const Done<int>&) { done = true; }, [](const Result<int>&) {});
  cancel();
  hang.set_value();
  home.end();
  EXPECT_FALSE(done);
}

TEST(HomeThread, AfterTheEndNothingIsAsked) {
  HomeThread home;
  home.end();
  std::optional<int> code;
  home.ask<int>([](const Done<int>& done) { done(1); },
                [&](const Result<int>& answer) { code = answer ? 0 : answer.error().code(); });
  EXPECT_EQ(code, EAGAIN);
  EXPECT_FALSE(home.post([] {}));
}

}  // namespace
}  // namespace esofs::fs
