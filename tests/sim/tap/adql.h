// ADQL to SQLite: a query is parsed, its names are looked up in the schema, and it is written again as SQL.
//
//   shapes   tables appear in the SQL as "ivoa.ObsCore" (one quoted name); geometry as functions adql_* (functions.h)
//   errors   the text that the archive's parser gives: syntax, "Unknown table …", "Unknown column …"
//   threads  plain functions
//   source   ADQL 2.0; client/ESO.md, "ADQL" and "TAP answers and errors"
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/sim/tap/schema.h"

namespace esofs::sim::tap {

struct Translation {
  std::string sql;
  std::vector<Column> columns;      // of the answer: names made unique
  std::vector<std::string> tables;  // that the SQL reads, as Table::name
};

// What a service lets queries do.
struct Dialect {
  bool only_cone_geometry = false;  // tap_cat: CONTAINS(POINT, CIRCLE) = 1 and nothing else
};

std::variant<Translation, std::string> translate(std::string_view adql, const Schema& schema,
                                                 const Dialect& dialect);

}  // namespace esofs::sim::tap
