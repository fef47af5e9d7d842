// FakeTimer: a timer whose time passes only in pass().
//
//   threads  thread-safe
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>

#include "fs/tree/timer.h"

namespace esofs::tests {

class FakeTimer : public fs::Timer {
 public:
  std::uint64_t after(std::chrono::milliseconds delay, std::function<void()> job) override {
    const std::scoped_lock lock(mutex_);
    const std::uint64_t number = ++last_;
    jobs_.emplace(std::make_pair(now_ + delay, number), std::move(job));
    return number;
  }
  void drop(std::uint64_t number) override {
    const std::scoped_lock lock(mutex_);
    std::erase_if(jobs_, [number](const auto& job) { return job.first.second == number; });
  }

  // Lets `time` pass: runs what is due in it, on this thread.
  void pass(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    now_ += time;
    while (!jobs_.empty() && jobs_.begin()->first.first <= now_) {
      auto job = std::move(jobs_.begin()->second);
      jobs_.erase(jobs_.begin());
      lock.unlock();
      job();
      lock.lock();
    }
  }
  std::size_t waiting() const {
    const std::scoped_lock lock(mutex_);
    return jobs_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::milliseconds now_{0};
  std::uint64_t last_ = 0;
  std::map<std::pair<std::chrono::milliseconds, std::uint64_t>, std::function<void()>> jobs_;
};

}  // namespace esofs::tests
