// HomeThread: the thread on which files below one user's home directory are read and written, one after another. A home on a
// server that hangs keeps only its own user waiting.
//
// The thread starts with the first job, and ends when it has had none for a moment.
//
//   errors   ask(): EINTR if it is cancelled, EAGAIN if the system gives no thread
//   threads  thread-safe
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "client/base/ask.h"
#include "client/base/asker.h"
#include "client/base/result.h"

namespace esofs::fs {

class HomeThread {
 public:
  HomeThread() = default;
  // As end().
  ~HomeThread();
  HomeThread(const HomeThread&) = delete;
  HomeThread& operator=(const HomeThread&) = delete;

  // False, and the job is dropped: there is no thread, or end() was called.
  bool post(std::function<void()> job);

  // Answers `done` with what `work` answers. unwanted: takes an answer that comes after the cancelling.
  template <class T>
  Cancel ask(std::function<void(Done<T>)> work, Done<T> done, std::function<void(Result<T>)> unwanted = {}) {
    const Cause cause = done.cause();
    const auto asker = std::make_shared<Asker<T>>(done.take());
    const bool posted = post([work = std::move(work), unwanted = std::move(unwanted), asker, cause] {
      if (asker->answered()) return;
      work(AskedBy(cause, [asker, unwanted](Result<T> answer) {
        if (auto waiting = asker->take()) return (*waiting)(std::move(answer));
        if (unwanted) unwanted(std::move(answer));
      }));
    });
    if (!posted) asker->answer(Error(EAGAIN, "there is no thread for this user's files; try again"));
    return [asker] { asker->answer(Error(EINTR, "interrupted while the home directory was waited for")); };
  }

  // Runs what was posted before, and nothing later. Waits for it.
  void end();

 private:
  static constexpr std::chrono::milliseconds kIdle{200};
  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> jobs_;  // this and what follows: guarded by mutex_
  bool running_ = false;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace esofs::fs
