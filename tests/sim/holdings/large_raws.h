// Packed frames of real size: raws as old instruments delivered them, and a large gzip file. Making one takes seconds.
#pragma once

#include <vector>

#include "tests/sim/holdings/datasets.h"

namespace esofs::sim {

// Of one HDU and of five as .fits.Z (59 MB, packed 15), of one as .fits.gz (78 MB, packed 60), of 33 as .fits.fz (580 MB, packed 158).
std::vector<Dataset> large_raws();

}  // namespace esofs::sim
