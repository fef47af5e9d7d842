// Progress: how far a command is that reads many files, while it reads them.
//
// On a terminal one line that is written anew five times a second; elsewhere a line every ten seconds, both to standard
// error. Ctrl-C says what is done, and ends the program as the signal would.
//
//   threads  it has a thread of its own; the counters may be changed by any
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <string>
#include <thread>

namespace esofs::mountopts {

struct ProgressCounts {
  std::atomic<std::uint64_t> files = 0;
  std::atomic<std::uint64_t> bytes = 0;
  // Of these, what was in the cache before: it took no time.
  std::atomic<std::uint64_t> kept_files = 0;
  std::atomic<std::uint64_t> kept_bytes = 0;
  std::uint64_t all_files = 0;
  std::uint64_t all_bytes = 0;  // an estimate; 0: not known
};

// "12/86 files  3.1 MiB  0.9 MiB/s  0:12 left", and how many files were in the cache before. width: of the terminal, for the bar before it; 0: no bar.
std::string progress_line(const ProgressCounts& counts, std::chrono::milliseconds elapsed, std::size_t width);

class Progress {
 public:
  // counts outlives it. From here on SIGINT is for this object: threads that begin later have it blocked.
  explicit Progress(const ProgressCounts& counts);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

 private:
  void run(const std::stop_token& stop) const;

  const ProgressCounts& counts_;
  const std::chrono::steady_clock::time_point begun_;
  const bool terminal_;
  sigset_t before_{};
  std::jthread thread_;
};

}  // namespace esofs::mountopts
