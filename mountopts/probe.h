// Probe: a look at a mount whose daemon may not answer, with a deadline.
//
// A system call that waits for a stopped daemon may not end even by SIGKILL, and a process with such a thread cannot be
// collected by its parent. So a child process looks, and is left behind when the time is over.
//
//   errors   what the system call says; ETIMEDOUT: no answer within the time
//   threads  one thread uses it; forking from a program with other threads is allowed
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "client/base/result.h"
#include "client/base/unique_fd.h"

namespace esofs::mountopts {

class Probe {
 public:
  // What the child does: returns 0 or an errno, and may write text to `out`. Only functions that are safe in signal handlers
  // (signal-safety(7)).
  using Look = int (*)(const char* path, int out);

  Probe(Look look, const std::string& path);
  Probe(Probe&& other) noexcept = default;
  Probe& operator=(Probe&&) = delete;
  ~Probe();

  // The text that was written.
  Result<std::string> answer(std::chrono::steady_clock::time_point until);

 private:
  int started_ = 0;  // errno of the start
  pid_t child_ = 0;
  UniqueFd from_child_;
};

// How long a command waits for a daemon before it says that there is no answer.
inline constexpr std::chrono::milliseconds kProbePatience{1500};
std::chrono::steady_clock::time_point probe_deadline();

// --- looks ---

int read_whole_file(const char* path, int out);
// statvfs(2), which the daemon of a FUSE mount answers: ENOTCONN if it has died.
int look_at_filesystem(const char* path, int out);
// Asks the daemon of the mount at `path` to end it (fs::kShutDown).
int ask_to_shut_down(const char* path, int out);

}  // namespace esofs::mountopts
