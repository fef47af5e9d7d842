// ADQL to SQLite: parses a query, looks its names up in the schema, and writes it as SQL.
//
//   shapes   tables appear in the SQL as "ivoa.ObsCore" (one quoted name); geometry as functions adql_* (sqlite/functions.h)
//   errors   the text that the archive's parser gives: syntax, "Unknown table …", "Unknown column …"
//   threads  plain functions
//   source   ADQL 2.0; client/ESO.md, "ADQL" and "TAP answers and errors"
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

struct Translation {
  std::string sql;
  std::vector<Column> columns;      // of the answer: names made unique
  std::vector<std::string> tables;  // the tables that the SQL reads, by Table::name
};

// The queries that a service allows.
struct Dialect {
  bool only_cone_geometry = false;  // tap_cat: CONTAINS(POINT, CIRCLE) = 1 and nothing else
};

std::variant<Translation, std::string> translate(std::string_view adql, const Schema& schema,
                                                 const Dialect& dialect);

}  // namespace esofs::sim::tap
