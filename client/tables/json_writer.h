// JSON as TAPLib writes it: {"metadata":[{"name":…,"datatype":…}],"data":[[…]]}, a row on a line.
//
//   source   client/README.md, "Tables in other forms"
#pragma once

#include <memory>

#include "client/tables/table_writer.h"

namespace esofs::client {

// file: outlives the writer, which does not finish() it.
std::unique_ptr<TableWriter> make_json_writer(ExportFile& file);

}  // namespace esofs::client
