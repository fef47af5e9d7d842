// The functions of ADQL and of ESO that SQLite lacks: geometry, ESO_*, ROUND, TRUNCATE …
//
// Regions travel through SQL as STC-S text; an argument that is constant is parsed once a query.
#pragma once

#include <sqlite3.h>

namespace esofs::sim::tap {

void add_functions(sqlite3* database);

}  // namespace esofs::sim::tap
