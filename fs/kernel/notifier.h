// Notifier: the thread that talks to the kernel unasked (cache invalidation), because such a call may block behind a request
// that is still being answered. It holds no lock while it calls.
//
//   threads  thread-safe
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace esofs::fs {

class Notifier {
 public:
  // The thread starts with the first job: nothing runs before the daemon has forked.
  Notifier() = default;
  // Runs what was posted before, then ends.
  ~Notifier();
  void post(std::function<void()> job);

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::deque<std::function<void()>> jobs_;  // guarded by mutex_
  std::jthread thread_;                     // last, so that it ends before what it uses
};

}  // namespace esofs::fs
