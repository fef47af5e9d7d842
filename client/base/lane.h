// Lane: a bounded set of threads that run blocking jobs, first in, first out.
//
// A lane is where esofs waits for the archive, so that no FUSE worker ever does. Its width is also the
// politeness limit: at most `width` jobs move at once. A job that only waits for a silent server says so
// (Turn::waiting) and then does not count, so that a hung server does not keep others from their turn;
// `most_threads` bounds how far that goes.
//
// Rule: a job may block on the network or on the disk, never on another job. Who needs the answer of
// a job leaves a continuation (SingleFlight), and so a lane of any width cannot deadlock.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace esofs {

class Lane {
 public:
  // What a running job knows of its lane. Lives as long as the job runs; used by the job's thread only.
  class Turn {
   public:
    // Requested when the lane ends: the job must end soon after, and still land its flight.
    const std::stop_token& stop() const noexcept { return stop_; }
    // The job is about to wait for a silent peer; until moving() it does not count against the width.
    void waiting();
    void moving();
    // From here on stop() is `stop`: for a job that can be ended without its lane. REQUIRES: the job sees to it
    // that `stop` is requested when the lane's is (a std::stop_callback on the stop() of before).
    void listen_to(std::stop_token stop) { stop_ = std::move(stop); }

    // A turn outside any lane: for tests and for main(), which may block.
    explicit Turn(std::stop_token stop) : stop_(std::move(stop)) {}

   private:
    friend class Lane;
    Turn(std::stop_token stop, Lane* lane) : stop_(std::move(stop)), lane_(lane) {}
    std::stop_token stop_;
    Lane* lane_ = nullptr;
    bool waits_ = false;
  };

  using Job = std::function<void(Turn&)>;

  // name: at most 15 bytes, shown by `top -H`. width: at least 1. most_threads: at least width; 0 means 4 * width.
  Lane(std::string name, int width, int most_threads = 0);
  // Stops what runs, then runs the queued jobs with a stopped token: each still answers its askers.
  ~Lane();

  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void submit(Job job);  // Thread-safe. Must not be called once destruction has begun, but by a job.

  // Jobs queued and running, for status.json. Thread-safe.
  struct Load {
    std::size_t queued;
    int running;
    int waiting;
  };
  Load load() const;

  int width() const noexcept { return width_; }

 private:
  void run(const std::stop_token& stop);
  void start_thread_if_needed();  // REQUIRES: mutex_ held.
  bool may_start() const;         // REQUIRES: mutex_ held.
  void count_waiting(int change);

  const std::string name_;
  const int width_;
  const int most_threads_;

  mutable std::mutex mutex_;
  std::condition_variable_any ready_;
  std::deque<Job> queue_;  // this and what follows: guarded by mutex_
  int running_ = 0;        // jobs under way, waiting ones included
  int waiting_ = 0;        // of these, jobs in waiting()
  int idle_ = 0;           // threads without a job
  bool ending_ = false;
  std::stop_source stop_;
  std::vector<std::jthread> threads_;  // last, so that they end before what they use
};

}  // namespace esofs
