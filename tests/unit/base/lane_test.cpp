#include "client/base/lane.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <latch>
#include <memory>

namespace esofs {
namespace {

using namespace std::chrono_literals;

// A stuck test must fail, not hang; no assertion rests on this time passing.
constexpr auto kPatience = 20s;

bool ready(const std::future<void>& future) {
  return future.wait_for(kPatience) == std::future_status::ready;
}

TEST(LaneTest, RunsWhatIsSubmitted) {
  Lane lane("test", 2);
  std::promise<void> ran;
  lane.submit([&ran](Lane::Turn&) { ran.set_value(); });
  EXPECT_TRUE(ready(ran.get_future()));
}

TEST(LaneTest, NoMoreJobsMoveAtOnceThanTheLaneIsWide) {
  std::atomic<int> moving{0};
  std::atomic<int> most{0};
  std::latch done(50);
  {
    Lane lane("test", 3);
    for (int i = 0; i < 50; ++i) {
      lane.submit([&](Lane::Turn&) {
        const int now = ++moving;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --moving;
        done.count_down();
      });
    }
    done.wait();
  }
  EXPECT_LE(most, 3);
}

TEST(LaneTest, AJobThatWaitsForASilentServerDoesNotKeepOthersFromTheirTurn) {
  std::promise<void> server_speaks;
  const auto silence = server_speaks.get_future().share();
  Lane lane("test", 1, 4);
  std::promise<void> waits;
  lane.submit([&waits, silence](Lane::Turn& turn) {
    turn.waiting();
    waits.set_value();
    silence.wait();
    turn.moving();
  });
  ASSERT_TRUE(ready(waits.get_future()));
  std::promise<void> other;
  lane.submit([&other](Lane::Turn&) { other.set_value(); });
  EXPECT_TRUE(ready(other.get_future()));
  server_speaks.set_value();
}

TEST(LaneTest, WaitingJobsAreBoundedByTheMostThreads) {
  std::promise<void> server_speaks;
  const auto silence = server_speaks.get_future().share();
  std::atomic<int> started{0};
  std::latch two(2);
  {
    Lane lane("test", 1, 2);
    for (int i = 0; i < 5; ++i) {
      lane.submit([&](Lane::Turn& turn) {
        turn.waiting();
        if (++started <= 2) two.count_down();
        silence.wait();
      });
    }
    two.wait();
    EXPECT_EQ(lane.load().running, 2);
    EXPECT_EQ(lane.load().queued, 3U);
    server_speaks.set_value();
  }
  EXPECT_EQ(started, 5);
}

TEST(LaneTest, EndingStopsTheRunningJobAndStillRunsTheQueuedOnes) {
  std::atomic<int> stopped{0};
  std::promise<void> runs;
  auto lane = std::make_unique<Lane>("test", 1, 1);
  lane->submit([&](Lane::Turn& turn) {
    runs.set_value();
    while (!turn.stop().stop_requested()) std::this_thread::yield();
    ++stopped;
  });
  lane->submit([&](Lane::Turn& turn) { stopped += turn.stop().stop_requested() ? 1 : 0; });
  ASSERT_TRUE(ready(runs.get_future()));
  lane.reset();
  EXPECT_EQ(stopped, 2);
}

}  // namespace
}  // namespace esofs
