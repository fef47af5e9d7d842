// Invented datasets to cut out of: coordinates that are easy to get wrong, and each form of service descriptor.
#pragma once

#include <vector>

#include "tests/sim/holdings/datasets.h"

namespace esofs::sim {

std::vector<Dataset> cutout_datasets();

}  // namespace esofs::sim
