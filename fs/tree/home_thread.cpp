#include "fs/tree/home_thread.h"

#include <pthread.h>

#include <system_error>

namespace esofs::fs {

HomeThread::~HomeThread() { end(); }

bool HomeThread::post(std::function<void()> job) {
  const std::scoped_lock lock(mutex_);
  if (ending_) return false;
  jobs_.push_back(std::move(job));
  if (running_) {
    changed_.notify_one();
    return true;
  }
  if (thread_.joinable()) thread_.join();  // it has left its loop and needs no lock
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    jobs_.pop_back();
    return false;
  }
  running_ = true;
  return true;
}

void HomeThread::run() {
  pthread_setname_np(pthread_self(), "home");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait_for(lock, kIdle, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) break;
    auto job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;  // what it holds may end here, with no lock held
    lock.lock();
  }
  running_ = false;
}

void HomeThread::end() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

}  // namespace esofs::fs
