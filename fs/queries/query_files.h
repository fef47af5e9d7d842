// The files of a query directory that are not datasets: query.adql and scratch files, status.txt.
//
//   threads  thread-safe
#pragma once

#include <string>

#include "fs/queries/saved_queries.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// query.adql, or a scratch file or symbolic link beside it, under the name it has now.
NodePtr make_text_node(Context& context, QueryDirectoryPtr directory, QueryDirectory::File file,
                       const std::string& name);
NodePtr make_status_node(Context& context, QueryDirectoryPtr directory);

// To be called after each commit: forgets the answers of a query that is no longer asked.
void forget_replaced(Context& context, QueryDirectory& directory);

}  // namespace esofs::fs
