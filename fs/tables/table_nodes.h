// The nodes of tables/: what tables the archive's TAP services have, and what is in them.
//
//   tables/<service>/<schema>/<table>/columns.csv      name, datatype, unit, UCD, … of each column
//                                     description.txt  what TAP_SCHEMA says of the table, and how to ask for its rows
//                                     sample.csv       its first rows
//                                     cone/, night/    if it has positions or times (fs/tables/table_answers.h)
//
// Services come from the profile. Opening a service or a schema asks once for all tables of the service, opening a table once
// for the positions and times of all its tables; both for query_wait, and lookups for lookup_wait if nothing is known yet. A
// name in another case is a symbolic link to the table's own.
//
// If the service cuts its list (OVERFLOW), .esofs/errors says so and user.esofs.truncated of the directory is "true"; names
// behind the cut are asked for one by one.
//
//   errors   those of the queries; ENOENT for what TAP_SCHEMA does not name; EIO if the service cuts that answer too
//   threads  thread-safe
#pragma once

#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

NodePtr make_tables_node(Context& context);

}  // namespace esofs::fs
