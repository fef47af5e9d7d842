// The name of a dataset in a listing, before it is made unique.
//
//   source   fs/SEMANTICS.md, "datasets/<dp_id>/"
#pragma once

#include <string>

#include "client/model/model.h"

namespace esofs::cache {

// safe_name(stem + extension). The stem is the id; of an id with a '/' (an ivoid, a URL) it is what follows the last '?' or
// '/'. An id that is a file's name has its extension already: the stem is without a FITS extension and without the dataset's own.
std::string entry_name(const client::Dataset& dataset);

// The name below datasets/ of the dataset with this name in a listing: the same without the extension.
std::string directory_name(const std::string& entry_name, const std::string& extension);

// The stem made safe: the name of the directory of a dataset that no listing names. Two datasets whose ids have a '/' may
// share it; in a listing they are told apart.
std::string entry_stem(const std::string& id);

}  // namespace esofs::cache
