// `esofs cache`: what the cache holds on disk, and emptying it.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct CacheCommand {
  std::vector<std::string> options;  // each an argument of -o: cache_dir=DIR
  bool clear = false;                // remove the content of files; listings and sizes stay
};

// Prints where the cache is and how much each part takes. With clear also what was freed: mounts that run fetch again what
// they need; a file that is open and that the archive sends only whole is ESTALE then. EACCES, EIO … of the directory.
Result<void> run_cache(const CacheCommand& command);

}  // namespace esofs::mountopts
