// run_command: another program's output, for tokens that somebody else's program hands out.
//
//   errors   ENOENT: it is not there; ETIMEDOUT; EINTR: stopped; EIO: it failed, or wrote more than 1 MiB. What it wrote is
//            in no error
//   threads  thread-safe; blocks
#pragma once

#include <chrono>
#include <stop_token>
#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

// words: the program (looked for in PATH) and its arguments. Its standard input is empty; its standard error is ours.
Result<std::string> run_command(const std::vector<std::string>& words, std::chrono::milliseconds limit,
                                const std::stop_token& stop);

}  // namespace esofs::client
