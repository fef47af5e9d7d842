// A TableData as a table of SQLite: read-only. Text is compared without regard to case, as at the archive.
#pragma once

#include <sqlite3.h>

#include "tests/sim/tap/sqlite/table_data.h"

namespace esofs::sim::tap {

// The table appears in this connection under Table::name. data must outlive the connection.
void add_table(sqlite3* database, TableData& data);

}  // namespace esofs::sim::tap
