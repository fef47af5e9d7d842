// queries/NAME/table/headers.{csv,fits,vot}: the values of keywords in the headers of all FITS files of a query.
//
// Nothing lists these files before they were opened once, so that no `cp -r` and no `find` fetches headers unasked.
//
//   errors   open: those of the query; that of the first file if no header could be read
//   threads  thread-safe
#pragma once

#include <string>

#include "fs/queries/saved_queries.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// nullptr: not the name of such a file.
NodePtr make_headers_node(Context& context, const QueryDirectoryPtr& directory, const std::string& name);

// The names under which it was opened already.
std::vector<std::string> headers_used(Context& context, const QueryDirectory& directory);

}  // namespace esofs::fs
