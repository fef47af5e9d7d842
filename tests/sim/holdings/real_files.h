// Datasets made of real FITS files in a folder.
//
//   errors   files that CFITSIO cannot open are left out
#pragma once

#include <string>
#include <vector>

#include "tests/sim/holdings/datasets.h"

namespace esofs::sim {

// In the order of their names. The id is ARCFILE if that is there and not in use, else
// ADP.2000-01-01T00:00:00.NNN by position. "" or a folder without FITS files gives none.
std::vector<Dataset> real_datasets(const std::string& folder);

}  // namespace esofs::sim
