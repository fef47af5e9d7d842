// HeldAsks: asynchronous answers that a test holds back, for the fakes of cache/.
//
//   threads  thread-safe
#pragma once

#include <cerrno>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "client/base/ask.h"

namespace esofs::tests {

class HeldAsks {
 public:
  void hold() {
    const std::scoped_lock lock(mutex_);
    held_ = true;
  }

  // From now on a cancel does not answer; only release() does.
  void ignore_cancels() {
    const std::scoped_lock lock(mutex_);
    deaf_ = true;
  }

  // Answers everything that was held, in order, on this thread.
  void release() { answer(false); }
  // Like release(), but holds what is asked from now on, also by these answers.
  void release_once() { answer(true); }

  // Runs answer(done) now, or once released; a cancel before that gives EINTR.
  template <class T>
  Cancel ask(std::function<Result<T>()> answer, Done<T> done) {
    auto ask = std::make_shared<Ask>();
    const Cause cause = done.cause();
    ask->finish = [answer = std::move(answer), done = std::move(done)](bool answered) {
      done(answered ? answer() : Result<T>(Error(EINTR, "cancelled")));
    };
    {
      const std::scoped_lock lock(mutex_);
      last_cause_ = cause;
      if (held_) {
        asks_.push_back(ask);
        return [ask, deaf = deaf_] {
          if (!deaf) ask->run(false);
        };
      }
    }
    ask->run(true);
    return {};
  }

  // Of the last question.
  Cause last_cause() const {
    const std::scoped_lock lock(mutex_);
    return last_cause_;
  }

  std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    std::size_t count = 0;
    for (const auto& ask : asks_) count += ask->done() ? 0U : 1U;
    return count;
  }

 private:
  struct Ask {
    std::mutex mutex;
    std::function<void(bool)> finish;
    void run(bool answered) {
      std::function<void(bool)> once;
      {
        const std::scoped_lock lock(mutex);
        once = std::exchange(finish, nullptr);
      }
      if (once) once(answered);
    }
    bool done() {
      const std::scoped_lock lock(mutex);
      return !finish;
    }
  };
  void answer(bool hold_others) {
    std::vector<std::shared_ptr<Ask>> asks;
    {
      const std::scoped_lock lock(mutex_);
      held_ = hold_others;
      asks.swap(asks_);
    }
    for (const auto& ask : asks) ask->run(true);
  }

  mutable std::mutex mutex_;
  Cause last_cause_;
  bool held_ = false;
  bool deaf_ = false;
  std::vector<std::shared_ptr<Ask>> asks_;
};

}  // namespace esofs::tests
