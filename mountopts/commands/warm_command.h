// `esofs warm`: reads files of a mount so that the cache holds them, for work without a network later; or only their headers; or
// only opens them, so that their sizes are exact. What the cache holds already costs nothing, so that a command that was
// interrupted can be given again.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct WarmCommand {
  std::vector<std::string> paths;  // files, and directories: their dataset files
  bool recursive = false;          // … and those of the directories below them
  bool sizes = false;              // learn the sizes, read nothing
  bool headers = false;            // read the headers of all HDUs; of what is not FITS the beginning
  bool as_json = false;
  int jobs = 0;  // files read at once; 0: 4, or 16 if only headers or sizes are wanted
};

// Reads all files, continues if a path fails, and prints how much was read. EINVAL for a path that is on no esofs mount; EIO
// if some could not be read, each of which was named on standard error.
Result<void> run_warm(const WarmCommand& command);

}  // namespace esofs::mountopts
