#include "cache/listings/batch_thread.h"

#include <pthread.h>

#include <utility>

namespace esofs::cache {

void BatchThread::begin(Work work) {
  std::packaged_task<Result<void>()> task(std::move(work));
  result_ = task.get_future();
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(task);
  }
  changed_.notify_one();
  if (thread_.joinable()) return;
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  (void)pthread_setname_np(thread_.native_handle(), "listing");
}

void BatchThread::run(const std::stop_token& stop) {
  for (;;) {
    std::packaged_task<Result<void>()> task;
    {
      std::unique_lock lock(mutex_);
      if (!changed_.wait(lock, stop, [this] { return next_.valid(); })) return;
      task = std::exchange(next_, {});
    }
    task();
  }
}

}  // namespace esofs::cache
