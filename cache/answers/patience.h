// Patience: when a request that hangs is sent again because somebody came back: one who waited for it has left, and somebody
// waits again. A request is sent again once for each return, and each time after twice the silence of the time before: programs
// that a timer interrupts come back again and again, and a slow server must still be able to answer them.
//
//   threads  thread-safe
#pragma once

#include <atomic>
#include <chrono>

namespace esofs::cache {

class Patience {
 public:
  void came_back() noexcept { back_ = true; }

  // silence: since the server's last word. True: send the request again.
  bool ends(std::chrono::milliseconds silence) noexcept {
    if (!back_ || silence < most_.load() || !back_.exchange(false)) return false;
    most_ = most_.load() * 2;
    return true;
  }

 private:
  std::atomic<bool> back_ = false;
  std::atomic<std::chrono::milliseconds> most_{std::chrono::milliseconds(2'000)};
};

}  // namespace esofs::cache
