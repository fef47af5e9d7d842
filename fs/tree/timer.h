// Timer: runs small jobs at a time to come, on one thread; and with_deadline(), which gives an asynchronous operation a
// time by which it is answered.
//
//   threads  thread-safe. Jobs run on the timer's thread with no lock held and must not block.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

#include "client/base/ask.h"
#include "client/base/cancel_slot.h"
#include "client/base/guarded.h"

namespace esofs::fs {

class Timer {
 public:
  virtual ~Timer() = default;
  // Runs `job` once `delay` has passed; returns a number for drop(), never 0.
  virtual std::uint64_t after(std::chrono::milliseconds delay, std::function<void()> job) = 0;
  // The job does not run, unless it runs already. Numbers of jobs that have run are ignored.
  virtual void drop(std::uint64_t number) = 0;
};

// The real one. Jobs that are still waiting when it is destroyed never run.
class ThreadTimer : public Timer {
 public:
  // The thread starts with the first job: nothing runs before the daemon has forked.
  ThreadTimer() = default;
  ~ThreadTimer() override;
  std::uint64_t after(std::chrono::milliseconds delay, std::function<void()> job) override;
  void drop(std::uint64_t number) override;

 private:
  using Clock = std::chrono::steady_clock;
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::map<std::pair<Clock::time_point, std::uint64_t>, std::function<void()>> jobs_;  // guarded by mutex_
  std::map<std::uint64_t, Clock::time_point> times_;                                   // guarded by mutex_
  std::uint64_t last_ = 0;                                                             // guarded by mutex_
  std::jthread thread_;  // last, so that it ends before what it uses
};

// start(done) begins the operation; done runs once with its answer, or with `late` when `time` has passed first, and then
// the operation is cancelled. The timer outlives the operation.
template <class T>
Cancel with_deadline(Timer& timer, std::chrono::milliseconds time, Error late,
                     const std::function<Cancel(Done<T>)>& start, Done<T> done) {
  struct State {
    Done<T> done;  // empty once it has been taken
    std::uint64_t alarm = 0;
  };
  auto state = std::make_shared<Guarded<State>>();
  auto slot = std::make_shared<CancelSlot>();
  const Cause cause = done.cause();
  state->lock()->done = std::move(done);

  const auto question = slot->begin();
  Cancel cancel = start(AskedBy(cause, [state, slot, &timer](Result<T> result) {
    Done<T> take;
    std::uint64_t alarm = 0;
    {
      auto locked = state->lock();
      take = std::exchange(locked->done, nullptr);
      alarm = locked->alarm;
    }
    const Cancel ended = slot->end();
    if (!take) return;
    if (alarm != 0) timer.drop(alarm);
    take(std::move(result));
  }));
  if (!state->lock()->done) return {};  // answered at once

  const std::uint64_t alarm = timer.after(time, [state, slot, late = std::move(late)] {
    Done<T> take = std::exchange(state->lock()->done, nullptr);
    if (!take) return;
    take(late);
    slot->cancel();
  });
  bool answered = false;
  {
    auto locked = state->lock();
    answered = !locked->done;
    if (!answered) locked->alarm = alarm;
  }
  slot->hold(question, cancel);
  if (!answered) return cancel;
  timer.drop(alarm);
  return {};
}

}  // namespace esofs::fs
