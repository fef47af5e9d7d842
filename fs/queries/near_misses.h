// What is near to a query that found nothing: other spellings of names, the number of rows without the last condition, and
// columns like one that does not exist. At most three small queries, asked once the answer is given; their failures are silent.
//
//   shapes   only of a SELECT whose conditions can be taken apart (client/adql/adql_conditions.h)
//   threads  thread-safe; nothing waits
#pragma once

#include <string>
#include <vector>

#include "cache/catalog.h"
#include "client/base/cause.h"
#include "fs/tree/context.h"

namespace esofs::fs {

// To be called when a query has been answered, with whatever answer.
void ask_near_misses(Context& context, const cache::QuerySpec& query, const Cause& cause);

// A sentence for each that is known; none if the query found rows. No network.
std::vector<std::string> near_misses(Context& context, const cache::QuerySpec& query);

// Whether what is near to a query without rows, or with an unknown column, is being asked, or about to be: ask_near_misses() follows the answer.
bool awaits_near_misses(Context& context, const cache::QuerySpec& query);

// How to change a query of datasets whose answer has no column that names them; "": nothing is to be changed. No network.
std::string unnamed_datasets(Context& context, const cache::QuerySpec& query);

}  // namespace esofs::fs
