// Tables that are not made from datasets alone: collections, documentation, quicklooks, ambient conditions.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/sim/holdings/datasets.h"
#include "tests/sim/holdings/holdings.h"

namespace esofs::sim {

// util.collections, util.docurl, ist.apex_quicklooks, asm.meteo_paranal, asm.dimm_paranal, asm.ambient_lasilla,
// asm.meteo_lasilla; no rows for other names.
void side_rows(const std::string& table, const std::vector<Dataset>& datasets, const std::string& base_url,
               const std::vector<File>& quicklooks, const std::function<void(const TableRow&)>& visit);

}  // namespace esofs::sim
