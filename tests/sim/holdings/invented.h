// The invented datasets: what the simulated archive holds, the same in every run.
#pragma once

#include <vector>

#include "tests/sim/holdings/datasets.h"

namespace esofs::sim {

std::vector<Dataset> invented_datasets();

// Files that belong to no dataset: an APEX quicklook tar.
std::vector<File> single_files();

}  // namespace esofs::sim
