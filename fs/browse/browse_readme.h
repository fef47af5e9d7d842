// README.txt of a directory of browse/ that has endless names: how a name there is written, and of nights, which have data.
//
//   errors   none: if the archive does not say which nights have data, the text says why
//   threads  thread-safe; asks when it is opened, up to lookup_wait
#pragma once

#include <cstddef>
#include <string>

#include "fs/browse/browse_state.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// Of the directory at `path` whose entries are the names of `level`.
NodePtr make_browse_readme(BrowseState& browse, const BrowseTemplates::TemplatePtr& made,
                           const std::string& path, std::size_t level,
                           const BrowseTemplate::Arguments& arguments);

}  // namespace esofs::fs
