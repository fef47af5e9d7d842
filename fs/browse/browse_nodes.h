// The nodes of browse/: queries made from templates and the arguments in directory names.
//
//   browse/README.txt                        the templates, and what is wrong with those that cannot be used
//   browse/.templates/<file>.adql            their texts
//   browse/<group>/<argument>/…/<leaf>/      a directory as of a saved query, but nothing in it can be written
//
// A lookup is answered by the grammar of the name, from memory. Opening a directory asks: for the values of an argument that
// the archive lists (collections, instruments), for the position of a named object, for the answer of the query. The other
// directories list what was visited lately.
//
//   errors   ENOENT for a name that is no argument, and, when it is opened, for an object that no catalogue knows; else
//            those of the query
//   threads  thread-safe
//   source   fs/SEMANTICS.md, "browse/"; the form of a template: browse_template.h
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "fs/browse/browse_state.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// /browse.
NodePtr make_browse_node(BrowseState& browse);

// For .esofs/status.json: the templates in use and what is wrong with others.
nlohmann::ordered_json browse_status(BrowseState& browse);

}  // namespace esofs::fs
