// README.txt at the root: how to use the tree of the mounted archive, and what that archive's limits are.
#pragma once

#include <string>

#include "fs/tree/config.h"

namespace esofs::fs {

std::string readme_text(const Config& config);

}  // namespace esofs::fs
