// status.txt of a query: what it asks, what the answer was, and what the user can do.
//
//   shapes   one "key: value" a line
//   threads  thread-safe; from memory
#pragma once

#include <string>

#include "fs/queries/saved_queries.h"
#include "fs/tree/context.h"

namespace esofs::fs {

std::string query_status(Context& context, const QueryDirectory& directory);

}  // namespace esofs::fs
