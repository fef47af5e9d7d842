// BatchThread: writes the batches of one listing while the next rows arrive. Its thread `listing` starts with the first batch
// and ends with this object, after the batch that was begun.
//
//   threads  used by one thread; the work runs on its own
#pragma once

#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <stop_token>
#include <thread>

#include "client/base/result.h"

namespace esofs::cache {

class BatchThread {
 public:
  using Work = std::function<Result<void>()>;

  // REQUIRES: nothing is begun.
  void begin(Work work);
  // True while a batch is written, or its result was not taken.
  bool begun() const { return result_.valid(); }
  // Waits for the batch that was begun. REQUIRES: begun().
  Result<void> end() { return result_.get(); }

 private:
  void run(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::packaged_task<Result<void>()> next_;  // guarded by mutex_; not valid: nothing to do
  std::future<Result<void>> result_;
  std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace esofs::cache
