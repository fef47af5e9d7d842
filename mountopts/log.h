// Where the daemon's log goes.
#pragma once

#include "client/base/result.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// Makes spdlog's default logger write to the place that the options name: a file (10 MiB, three generations), standard error
// or syslog. foreground: standard error where the options name no place. Errors: EACCES, ENOENT of the log file.
// Called once, before there is any other thread.
Result<void> start_log(const Options& options, bool foreground);

}  // namespace esofs::mountopts
