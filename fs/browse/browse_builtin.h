// The templates that esofs brings along, for the archive that is mounted.
//
//   source   DESIGN section 3; which ADQL the ESO archive takes, and what it costs: eso_services.md 1.3 and 1.4
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "fs/tree/config.h"

namespace esofs::fs {

// File name and text. Only those whose tables and services the archive has.
std::vector<std::pair<std::string, std::string>> builtin_templates(const BrowseConfig& archive);

}  // namespace esofs::fs
