// run_command: reads the output of another program, which may print tokens.
//
//   errors   ENOENT: it is not there; ETIMEDOUT; EINTR: stopped; EIO: it failed, or wrote more than 1 MiB; EFBIG: the input
//            is more than a pipe holds (48 KiB). No error quotes its output or its input
//   threads  thread-safe; blocks
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

// words: the program (looked for in PATH) and its arguments. Its standard input is empty, its standard error is ours, and no
// other file of ours is open in it. Its output ends when it ends, even if processes that it started go on writing. At the
// limit, or if stopped, it is killed with all processes that it started.
Result<std::string> run_command(const std::vector<std::string>& words, std::chrono::milliseconds limit,
                                const std::stop_token& stop);

// How a program ended, if its exit status matters.
struct Ended {
  int status = 0;  // what it exited with; -1: killed by a signal
  std::string output;
};
// The same with `input` as its standard input; any exit status is a success.
Result<Ended> run_program(const std::vector<std::string>& words, const std::string& input,
                          std::chrono::milliseconds limit, const std::stop_token& stop);

}  // namespace esofs::client
