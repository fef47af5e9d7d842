// The invented catalogues of tap_cat: two versions of one survey, and the single epochs of the newer one.
#pragma once

#include <functional>
#include <string>

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

// Adds to the catalogue tables what only tap_cat has: titles, versions, sizes, and the key from epochs to sources.
void complete_catalogues(Schema& schema);

// Visits the rows of a catalogue table ("safcat.SIMSURVEY_CAT_V2"), the same in every run.
void catalogue_rows(const std::string& table, const std::function<void(const TableRow&)>& visit);

}  // namespace esofs::sim::tap
