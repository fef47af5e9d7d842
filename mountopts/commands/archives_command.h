// `esofs archives`: the archives that can be mounted by their names.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct ArchivesCommand {
  std::vector<std::string> options;  // each an argument of -o: config_dir=DIR
  bool as_json = false;
};

// EIO: a profile is wrong, which has been said.
Result<void> run_archives(const ArchivesCommand& command);

}  // namespace esofs::mountopts
