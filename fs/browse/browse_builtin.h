// The built-in templates for the mounted archive.
//
//   source   fs/SEMANTICS.md, "browse/"; what ESO's ADQL accepts and costs: client/ESO.md, "ADQL"
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fs/tree/config.h"

namespace esofs::fs {

// File names and texts. Only those whose tables and services the archive has.
std::vector<std::pair<std::string, std::string>> builtin_templates(const BrowseConfig& archive);

}  // namespace esofs::fs
