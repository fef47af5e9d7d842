#include "client/base/pause.h"

#include <condition_variable>
#include <mutex>

namespace esofs {

bool pause(std::chrono::milliseconds time, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::unique_lock lock(mutex);
  return !ended.wait_for(lock, stop, time, [&stop] { return stop.stop_requested(); });
}

}  // namespace esofs
