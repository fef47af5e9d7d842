// A directory of browse/ that is a query: everything of a saved query's directory, for a text that a template makes.
//
// If the template names an object, the text is known once the object's position is. Looking up a file of such a directory
// may wait for it (lookup_wait), and so may opening the directory (query_wait). A directory whose answer has no rows is
// ENOENT if one of its arguments does not exist (browse_existing.h).
//
//   threads  thread-safe
#pragma once

#include <chrono>
#include <string>

#include "client/base/ask.h"
#include "fs/browse/browse_state.h"
#include "fs/browse/browse_templates.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// What the names on the way to a directory say.
struct BrowsePlace {
  std::string path;  // "/browse/cone/10_20_1"
  BrowseTemplate::Arguments arguments;
  std::string visit_kind;
  std::string visit_name;  // "": not to be noted
};

NodePtr make_browse_leaf(BrowseState& browse, BrowseTemplates::TemplatePtr made, BrowsePlace place);

// The arguments with the positions of all objects: at once if they are known, else when the resolver has answered.
// ENOENT: no such object; EAGAIN: not answered within `wait`.
Cancel with_positions(Context& context, const BrowsePlace& place, std::chrono::milliseconds wait,
                      Done<BrowseTemplate::Arguments> done);

// The place was opened: its directory lists it from now on.
void note_visit(Context& context, const BrowsePlace& place);

}  // namespace esofs::fs
