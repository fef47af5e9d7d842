#include "fs/tree/timer.h"

#include <pthread.h>

namespace esofs::fs {

ThreadTimer::~ThreadTimer() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

std::uint64_t ThreadTimer::after(std::chrono::milliseconds delay, std::function<void()> job) {
  const std::scoped_lock lock(mutex_);
  if (!thread_.joinable()) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    (void)pthread_setname_np(thread_.native_handle(), "timer");
  }
  const auto time = Clock::now() + delay;
  const std::uint64_t number = ++last_;
  jobs_.emplace(std::make_pair(time, number), std::move(job));
  times_.emplace(number, time);
  changed_.notify_all();
  return number;
}

void ThreadTimer::drop(std::uint64_t number) {
  std::function<void()> gone;  // dies after the lock is released
  const std::scoped_lock lock(mutex_);
  auto time = times_.find(number);
  if (time == times_.end()) return;
  auto job = jobs_.find({time->second, number});
  gone = std::move(job->second);
  jobs_.erase(job);
  times_.erase(time);
}

void ThreadTimer::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    if (jobs_.empty()) {
      changed_.wait(lock, stop, [this] { return !jobs_.empty(); });
      continue;
    }
    const auto next = jobs_.begin()->first.first;
    if (Clock::now() < next) {
      changed_.wait_until(lock, stop, next,
                          [this, next] { return jobs_.empty() || jobs_.begin()->first.first < next; });
      continue;
    }
    auto job = std::move(jobs_.begin()->second);
    times_.erase(jobs_.begin()->first.second);
    jobs_.erase(jobs_.begin());
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace esofs::fs
