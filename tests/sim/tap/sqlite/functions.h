// The functions of ADQL and of ESO that SQLite lacks: geometry, ESO_*, ROUND, TRUNCATE …
//
// Regions travel through SQL as STC-S text; a constant argument is parsed once for each query.
#pragma once

#include <sqlite3.h>

namespace esofs::sim::tap {

void add_functions(sqlite3* database);

}  // namespace esofs::sim::tap
