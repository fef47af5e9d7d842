#include "client/base/turn.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <chrono>
#include <stop_token>
#include <vector>

namespace esofs {
namespace {

TEST(TurnTest, APauseIsWaiting) {
  std::vector<int> counted;
  Turn turn(std::stop_token(), [&counted](int change) { counted.push_back(change); });
  EXPECT_TRUE(turn.pause(std::chrono::milliseconds(1)));
  EXPECT_EQ(counted, (std::vector<int>{1, -1}));
}

TEST(TurnTest, AStopEndsThePause) {
  std::stop_source source;
  source.request_stop();
  Turn turn(source.get_token());
  const auto paused = turn.pause(std::chrono::hours(1));
  ASSERT_FALSE(paused);
  EXPECT_EQ(paused.error().code(), EINTR);
}

TEST(TurnTest, AJobDecidesHowLongItBearsASilentPeer) {
  Turn turn{std::stop_token()};
  EXPECT_FALSE(turn.gives_up(std::chrono::hours(1)));
  turn.watch([](std::chrono::milliseconds silence) { return silence > std::chrono::seconds(2); });
  EXPECT_FALSE(turn.gives_up(std::chrono::seconds(2)));
  EXPECT_TRUE(turn.gives_up(std::chrono::seconds(3)));
}

TEST(TurnTest, AJobThatWaitsTwiceIsCountedOnce) {
  int waiting = 0;
  Turn turn(std::stop_token(), [&waiting](int change) { waiting += change; });
  {
    const Turn::Waiting outer(turn);
    {
      const Turn::Waiting inner(turn);
      EXPECT_EQ(waiting, 1);
    }
    EXPECT_EQ(waiting, 1);
  }
  EXPECT_EQ(waiting, 0);
}

}  // namespace
}  // namespace esofs
