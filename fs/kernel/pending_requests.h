// PendingRequests: the requests that have not been answered yet, so that an interrupt or an unmount can end them.
//
// libfuse calls the interrupt callback with a lock of its own held, so interrupt() only looks up the request and posts the
// cancelling to the timer's thread. A request is known here by its address from add() until claim(), which comes just before
// it is answered: the address cannot be another request's in between.
//
// The replies share it with the session and may outlive that: an answer that comes after the end is refused here.
//
//   threads  thread-safe; cancels run on the timer's thread or in end_all(), with no lock held
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "client/base/ask.h"
#include "fs/tree/timer.h"

namespace esofs::fs {

class PendingRequests {
 public:
  using Request = const void*;

  // timer: outlives this.
  explicit PendingRequests(Timer& timer) : timer_(timer) {}

  void add(Request request);
  // What ends the request; may come after it was answered, and then does nothing.
  void set_cancel(Request request, std::uint64_t number, Cancel cancel);
  // The number that add() gave the request that is at this address now; 0: none.
  std::uint64_t number(Request request) const;
  // True once for each add(): the caller answers the request now and then calls answered(). False: it must not touch the
  // request, nor the session, any more.
  bool claim(Request request);
  void answered();
  // The caller of the system call no longer waits.
  void interrupt(Request request);

  // Cancels all that is pending and waits until it has been answered, at most `patience`; what is answered later is
  // refused by claim(). Returns how many were left.
  std::size_t end_all(std::chrono::milliseconds patience);
  // Waits for the threads that have claimed a request and still answer it.
  void wait_answered();

  std::size_t size() const;

 private:
  struct Waiting {
    std::uint64_t number = 0;
    Cancel cancel;
    bool interrupted = false;
  };
  void run_soon(Cancel cancel);

  Timer& timer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::unordered_map<Request, Waiting> waiting_;  // this and what follows: guarded by mutex_
  std::uint64_t last_ = 0;
  std::size_t answering_ = 0;
  bool closed_ = false;
};

}  // namespace esofs::fs
