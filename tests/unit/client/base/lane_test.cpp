#include "client/base/lane.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>

#include "tests/support/patience.h"

namespace esofs {
namespace {

using namespace std::chrono_literals;
using tests::kPatience;

bool ready(const std::future<void>& future) {
  return future.wait_for(kPatience) == std::future_status::ready;
}

TEST(LaneTest, RunsWhatIsSubmitted) {
  Lane lane("test", 2);
  std::promise<void> ran;
  lane.submit([&ran](Lane::Turn&) { ran.set_value(); });
  EXPECT_TRUE(ready(ran.get_future()));
}

TEST(LaneTest, AJobKnowsForWhichProgramItWorks) {
  Lane lane("test", 2);
  std::promise<Cause> told;
  lane.submit([&told](Lane::Turn& turn) { told.set_value(turn.cause()); }, "",
              {::getpid(), 1000, Operation::kRead});
  const Cause cause = told.get_future().get();
  EXPECT_EQ(cause.pid, ::getpid());
  EXPECT_FALSE(cause.program().empty());
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
    const Turn::Waiting waiting(turn);
    waits.set_value();
    silence.wait();
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
        const Turn::Waiting waiting(turn);
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

TEST(LaneTest, OneKindThatHangsLeavesThreadsToTheOthers) {
  std::promise<void> server_speaks;
  const auto silence = server_speaks.get_future().share();
  std::latch share(3);
  std::latch all(20);
  {
    Lane lane("test", 1, 4, 3);
    for (int i = 0; i < 20; ++i) {
      lane.submit(
          [&](Lane::Turn& turn) {
            const Turn::Waiting waiting(turn);
            if (!share.try_wait()) share.count_down();
            silence.wait();
            all.count_down();
          },
          "hangs");
    }
    share.wait();
    for (const char* kind : {"other", ""}) {
      std::promise<void> other;
      lane.submit([&other](Lane::Turn&) { other.set_value(); }, kind);
      EXPECT_TRUE(ready(other.get_future())) << kind;
    }
    EXPECT_EQ(lane.load().waiting, 3);
    EXPECT_EQ(lane.load().queued, 17U);
    server_speaks.set_value();
    all.wait();  // those that were beyond the share have their turn
  }
}

TEST(LaneTest, ThreadsBeyondTheWidthEndWithTheirJobs) {
  std::promise<void> server_speaks;
  const auto silence = server_speaks.get_future().share();
  Lane lane("test", 2, 20);
  std::latch waits(20);
  for (int i = 0; i < 20; ++i) {
    lane.submit([&waits, silence](Lane::Turn& turn) {
      const Turn::Waiting waiting(turn);
      waits.count_down();
      silence.wait();
    });
  }
  waits.wait();
  EXPECT_EQ(lane.load().threads, 20U);
  server_speaks.set_value();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (lane.load().threads > 2 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  EXPECT_EQ(lane.load().threads, 2U);
  std::promise<void> ran;
  lane.submit([&ran](Lane::Turn&) { ran.set_value(); });
  EXPECT_TRUE(ready(ran.get_future()));
}

TEST(LaneTest, KindsTakeTurns) {
  std::promise<void> go;
  const auto gone = go.get_future().share();
  std::string order;
  {
    Lane lane("test", 1);
    std::promise<void> runs;
    lane.submit([&runs, gone](Lane::Turn&) {
      runs.set_value();
      gone.wait();
    });
    ASSERT_TRUE(ready(runs.get_future()));
    std::latch done(6);
    for (const char kind : {'a', 'a', 'a', 'a', 'b', 'c'}) {
      lane.submit(
          [&order, &done, kind](Lane::Turn&) {
            order += kind;
            done.count_down();
          },
          std::string(1, kind));
    }
    go.set_value();
    done.wait();
  }
  EXPECT_EQ(order, "abcaaa");
}

// A lane of four threads whose jobs end when the test says so.
class HeldLane {
 public:
  ~HeldLane() {
    const std::scoped_lock lock(mutex_);
    ends_ = 1000;
    changed_.notify_all();
  }
  // pid: of no process that there is.
  void submit(char letter, pid_t pid, Operation operation, const std::string& kind = "server") {
    lane_.submit(
        [this, letter](Lane::Turn&) {
          std::unique_lock lock(mutex_);
          begun_ += letter;
          changed_.notify_all();
          changed_.wait_for(lock, kPatience, [&] { return ends_ > 0; });
          --ends_;
        },
        kind, {pid, 1000, operation});
  }
  // The letters of the jobs that have begun, once there are so many.
  std::string begun(std::size_t count) {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, kPatience, [&] { return begun_.size() >= count; })) << begun_;
    return begun_;
  }
  void end_one() {
    const std::scoped_lock lock(mutex_);
    ++ends_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string begun_;
  int ends_ = 0;
  Lane lane_{"test", 4};  // last, so that it ends before what its jobs use
};

constexpr pid_t kCopy = 1'000'000'001;
constexpr pid_t kLook = 1'000'000'002;

TEST(LaneTest, AProgramThatAsksForLittleDoesNotWaitForAnother) {
  HeldLane lane;
  for (int i = 0; i < 8; ++i) lane.submit('c', kCopy, Operation::kRead);
  EXPECT_EQ(lane.begun(4), "cccc");
  for (int i = 0; i < 4; ++i) lane.submit('a', kLook, Operation::kAhead);
  lane.submit('l', kLook, Operation::kRead);
  lane.end_one();
  (void)lane.begun(5);
  lane.end_one();
  EXPECT_EQ(lane.begun(6), "ccccal");
}

TEST(LaneTest, ManyProgramsDoNotKeepAnotherServerWaiting) {
  HeldLane lane;
  for (int i = 0; i < 20; ++i) lane.submit('m', kCopy + i, Operation::kRead);
  EXPECT_EQ(lane.begun(4), "mmmm");
  lane.submit('o', kCopy + 100, Operation::kRead, "other");
  lane.end_one();
  EXPECT_EQ(lane.begun(5), "mmmmo");
}

TEST(LaneTest, WithoutMoreThreadsOneRunsAllJobs) {
  pthread_attr_t usual;
  ASSERT_EQ(::pthread_getattr_default_np(&usual), 0);
  pthread_attr_t none = usual;
  ASSERT_EQ(::pthread_attr_setstacksize(&none, 1ULL << 47U), 0);  // no stack of this size is to be had
  Lane lane("test", 4);
  std::latch done(8);
  ASSERT_EQ(::pthread_setattr_default_np(&none), 0);
  for (int i = 0; i < 8; ++i) {
    lane.submit([&done](Lane::Turn& turn) {
      const Turn::Waiting waiting(turn);
      done.count_down();
    });
  }
  done.wait();
  EXPECT_EQ(lane.load().threads, 1U);
  EXPECT_THROW(Lane("none", 1), std::system_error);
  ASSERT_EQ(::pthread_setattr_default_np(&usual), 0);
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
