// The name under which a dataset shows up in a listing, before it is made unique.
//
//   source   DESIGN section 4
#pragma once

#include <string>

#include "client/model.h"

namespace esofs::cache {

// safe_name(stem + extension). The stem is the id; of an id with a '/' (an ivoid, a URL) it is what follows the last '?' or
// '/', without a FITS extension.
std::string entry_name(const client::Dataset& dataset);

// The stem made safe: the name of a dataset's own directory. Two datasets whose ids have a '/' may share it.
std::string entry_stem(const std::string& id);

}  // namespace esofs::cache
