// links.json: a DataLink answer as JSON: its rows in their order, and the services that they name with their parameters.
//
//   shapes   {"links": [...], "services": [...]}; empty members are left out, and placeholders of content_length. The same
//            answer gives the same text.
//   threads  pure function
#pragma once

#include <string>

#include "client/model/model.h"

namespace esofs::fs {

std::string links_json(const client::Links& links);

}  // namespace esofs::fs
