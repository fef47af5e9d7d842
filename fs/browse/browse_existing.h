// Whether the arguments of a query without rows exist in the archive: an instrument, a collection, a programme.
//
//   shapes   arguments whose values the template can list (`-- list`, `-- near`); others are taken to exist
//   errors   EINTR only: if the values cannot be had within lookup_wait, the argument is taken to exist
//   threads  thread-safe
#pragma once

#include <string>
#include <vector>

#include "client/base/ask.h"
#include "fs/browse/browse_state.h"

namespace esofs::fs {

// Answers a sentence that names an argument that does not exist, and the nearest ones; "": all exist.
Cancel missing_argument(BrowseState& browse, std::vector<BrowseTemplate::ExistingValues> wanted,
                        Done<std::string> done);

}  // namespace esofs::fs
