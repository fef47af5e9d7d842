// A DataLink answer as JSON, for links.json: its rows in their order, and the services that they name with their parameters.
//
//   shapes   {"links": [...], "services": [...]}; members that the answer leaves empty are left out; the same answer gives the
//            same text. content_length is left out where the archive only gives a placeholder.
//   threads  pure function
#pragma once

#include <string>

#include "client/model/model.h"

namespace esofs::fs {

std::string links_json(const client::Links& links);

}  // namespace esofs::fs
