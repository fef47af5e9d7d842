#include "fs/kernel/notifier.h"

#include <pthread.h>

namespace esofs::fs {

Notifier::~Notifier() {
  if (!thread_.joinable()) return;
  thread_.request_stop();
  thread_.join();
}

void Notifier::post(std::function<void()> job) {
  const std::scoped_lock lock(mutex_);
  if (!thread_.joinable()) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    (void)pthread_setname_np(thread_.native_handle(), "notifier");
  }
  jobs_.push_back(std::move(job));
  changed_.notify_all();
}

void Notifier::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, stop, [this] { return !jobs_.empty(); });
    if (jobs_.empty()) return;  // stopped
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
  }
}

}  // namespace esofs::fs
