// `esofs cache`: what the cache holds on disk, and emptying it.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct CacheCommand {
  std::vector<std::string> options;  // each an argument of -o: cache_dir=DIR
  bool as_json = false;
  bool clear = false;  // remove the content of files; listings and sizes stay
};

// Prints where the cache is and how much each part takes; with `clear` also what was freed. Running mounts fetch again what
// they need. An open file gives ESTALE if the archive sends it only whole. EACCES, EIO … of the directory.
Result<void> run_cache(const CacheCommand& command);

}  // namespace esofs::mountopts
