// Where the daemon's log goes.
#pragma once

#include <functional>
#include <string>

#include "client/base/result.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

struct Log {
  // Opens the file again by its name, which logrotate(8) has given to a new one. Thread-safe; does nothing for other places.
  std::function<void()> reopen;
  std::string refused;  // the default file cannot be written, and syslog is used instead: a sentence; else ""
};

// Makes spdlog's default logger write to the place that the options name: a file (10 MiB, three generations), standard error
// or syslog. foreground: standard error if the options name no place. Errors: of the file that the options name, EMFILE.
// Called once, before there is any other thread.
Result<Log> start_log(const Options& options, bool foreground);

}  // namespace esofs::mountopts
