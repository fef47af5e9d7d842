// `esofs warm`: reads files of a mount so that the cache holds them, for work without a network later; or only opens them, so
// that their sizes are exact.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct WarmCommand {
  std::vector<std::string> paths;  // files, and directories: their dataset files
  bool recursive = false;          // … and those of the directories below them
  bool sizes = false;              // learn the sizes, read nothing
  bool as_json = false;
  int jobs = 4;  // files read at once
};

// Reads all files, continues if a path fails, and prints how much was read. EINVAL for a path that is on no esofs mount; EIO
// if some could not be read, each of which was named on standard error.
Result<void> run_warm(const WarmCommand& command);

}  // namespace esofs::mountopts
