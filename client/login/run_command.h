// run_command: another program's output, for tokens that somebody else's program hands out.
//
//   errors   ENOENT: it is not there; ETIMEDOUT; EINTR: stopped; EIO: it failed, or wrote more than 1 MiB; EFBIG: the input
//            is more than a pipe holds (48 KiB). What it wrote, or was told, is in no error
//   threads  thread-safe; blocks
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

// words: the program (looked for in PATH) and its arguments. Its standard input is empty, its standard error is ours, and none
// of our other files is open in it. What it writes until it ends counts, whatever it has started and leaves behind. At the
// limit, or stopped, it is killed with all that it has started.
Result<std::string> run_command(const std::vector<std::string>& words, std::chrono::milliseconds limit,
                                const std::stop_token& stop);

// How a program ended that may fail in ways of its own.
struct Ended {
  int status = 0;  // what it exited with; -1: killed by a signal
  std::string output;
};
// The same with `input` for its standard input, and whatever it exits with.
Result<Ended> run_program(const std::vector<std::string>& words, const std::string& input,
                          std::chrono::milliseconds limit, const std::stop_token& stop);

}  // namespace esofs::client
