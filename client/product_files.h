// The files of one product, by one query of the table that the profile names for it, instead of a DataLink call for each.
//
//   errors   ENOTSUP, without a request, if the profile names no table or the id is of a raw frame; else as Archive::query()
//   threads  thread-safe: holds no state
//   source   phase3v2.product_files: client/ESO.md, "Tables"
#pragma once

#include <string>
#include <vector>

#include "client/archive.h"
#include "client/model/identifiers.h"

namespace esofs::client {

// archive: runs the query. id: of the product.
Result<std::vector<ProductFile>> product_files(Archive& archive, const Identifiers& ids,
                                               const std::string& id, Lane::Turn& turn);

}  // namespace esofs::client
