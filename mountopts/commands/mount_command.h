// `esofs mount`: from the words of the command line to a running daemon.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct MountCommand {
  std::string archive = "eso";
  std::string mountpoint;
  std::vector<std::string> options;  // each an argument of -o
  bool foreground = false;
};

// Returns when the mount is usable (the daemon runs in the background), or, in the foreground, when it has ended.
// Errors: EINVAL for options, configuration and profile, each naming the key; else the reason why the mount failed.
Result<void> run_mount(const MountCommand& command);

}  // namespace esofs::mountopts
