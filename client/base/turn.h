// Turn: what a running job of a lane (client/base/lane.h) knows of it: when to stop, for whom it works, and how to say that it
// only waits.
//
//   threads  a Turn lives as long as its job runs and is used by the job's thread only
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <utility>

#include "client/base/cause.h"
#include "client/base/result.h"

namespace esofs {

class Turn {
 public:
  // A turn outside any lane: for tests and for main(), which may block.
  explicit Turn(std::stop_token stop, const Cause& cause = {}) : stop_(std::move(stop)), cause_(cause) {}
  // count(1): the job begins to wait; count(-1): it continues.
  Turn(std::stop_token stop, std::function<void(int)> count, const Cause& cause = {})
      : stop_(std::move(stop)), count_(std::move(count)), cause_(cause) {}

  // For which program the job works.
  const Cause& cause() const noexcept { return cause_; }

  // Requested when the lane ends: the job must end soon after, and still answer whoever asked for it.
  const std::stop_token& stop() const noexcept { return stop_; }

  // From here on stop() is `stop`: for a job that can be ended without its lane. REQUIRES: the job sees to it
  // that `stop` is requested when the lane's is (a std::stop_callback on the stop() of before).
  void listen_to(std::stop_token stop) { stop_ = std::move(stop); }

  // What decides how long the job bears a silent peer: it is asked several times a second with the time since the peer's last
  // word. True: the request is ended, as one that has timed out.
  using GivesUp = std::function<bool(std::chrono::milliseconds silence)>;
  void watch(GivesUp gives_up) { gives_up_ = std::move(gives_up); }
  bool gives_up(std::chrono::milliseconds silence) const { return gives_up_ && gives_up_(silence); }

  // Waits for `time`, which does not count against the width of the lane. EINTR: stop was requested first.
  Result<void> pause(std::chrono::milliseconds time);

  // As long as it lives, the job waits for a silent peer and does not count against the width of the lane.
  class Waiting {
   public:
    explicit Waiting(Turn& turn);
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

   private:
    Turn& turn_;
  };

 private:
  std::stop_token stop_;
  std::function<void(int)> count_;
  GivesUp gives_up_;
  Cause cause_;
  int waits_ = 0;  // Waiting objects that live
};

}  // namespace esofs
