// Lane: a bounded set of threads that run blocking jobs, first in, first out.
//
// A lane is where esofs waits for the archive, so that no FUSE worker ever does. Its width is also the
// politeness limit: at most `width` jobs move at once. A job that only waits for a silent server says so
// (Turn::Waiting) and then does not count, so that a hung server does not keep others from their turn;
// `most_threads` bounds how far that goes.
//
// Jobs are of kinds, by whom they ask. The jobs of one kind that wait take no more than its share of the threads: so a service
// that hangs leaves threads for the others.
//
// Within a kind, the jobs of each program form a line, and those that read ahead form one more. The next job is that of the line
// with the fewest jobs that move, if there are several such lines that of the kind with the fewest; else lines take turns. So a
// program that asks for little does not wait for one that asks for much.
//
// Rule: a job may block on the network or on the disk, never on another job. Code that needs the answer of
// a job leaves a continuation (cache/answers/waiters.h), and so a lane of any width cannot deadlock.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "client/base/cause.h"
#include "client/base/turn.h"

namespace esofs {

class Lane {
 public:
  using Turn = esofs::Turn;
  using Job = std::function<void(Turn&)>;

  // name: at most 15 bytes, shown by `top -H`. width: at least 1. most_threads: at least width; 0 means 16 * width.
  // share: of most_threads, for the jobs of one kind that wait; 0 means three quarters. Begins with one thread, and throws
  // std::system_error if the system gives none; if it gives no more later, that one does all.
  Lane(std::string name, int width, int most_threads = 0, int share = 0);
  // Stops what runs, then runs the queued jobs with a stopped token: each still answers its askers.
  ~Lane();

  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  // Jobs of one line begin in their order; kind "" asks nobody and has no share. Thread-safe. Must not be called once
  // destruction has begun, but by a job. cause: for which program the job works; its name is read here (Cause::named()).
  void submit(Job job, const std::string& kind = {}, const Cause& cause = {});

  // Jobs queued and running, for status.json. Thread-safe.
  struct Load {
    std::size_t queued;
    int running;
    int waiting;
    std::size_t threads;
  };
  Load load() const;

  int width() const noexcept { return width_; }

 private:
  struct Queued {
    Job job;
    Cause cause;
  };
  struct Line {
    std::deque<Queued> queue;
    int running = 0;  // waiting ones included
    int waiting = 0;
  };
  using Lines = std::map<pid_t, Line>;  // by process; kAheadLine: what is read ahead
  struct Kind {
    Lines lines;
    int running = 0;  // of all its lines
    int waiting = 0;
  };
  using Kinds = std::map<std::string, Kind>;
  struct Place {
    Kinds::iterator kind;
    Lines::iterator line;
  };

  void run(const std::stop_token& stop, std::list<std::jthread>::iterator self);
  void start_thread();            // REQUIRES: mutex_ held, or nobody else knows of the lane yet.
  void start_thread_if_needed();  // REQUIRES: mutex_ held.
  bool may_start() const;         // REQUIRES: mutex_ held.
  bool within_share(const Place& place) const;
  Place take_turn();                  // The line whose job is next. REQUIRES: mutex_ held, may_start().
  void end_turn(const Place& place);  // REQUIRES: mutex_ held.
  void count_waiting(int change, const Place& place);

  const std::string name_;
  const int width_;
  const int most_threads_;
  const int share_;

  mutable std::mutex mutex_;
  std::condition_variable_any ready_;
  Kinds kinds_;              // this and what follows: guarded by mutex_
  std::deque<Place> turns_;  // lines with queued jobs, in the order of their turns
  int running_ = 0;          // jobs under way, waiting ones included
  int waiting_ = 0;          // of these, jobs that wait
  int idle_ = 0;             // threads without a job
  bool ending_ = false;
  std::stop_source stop_;
  std::list<std::jthread> ended_;    // threads that were too many
  std::list<std::jthread> threads_;  // last, so that they end before what they use
};

}  // namespace esofs
