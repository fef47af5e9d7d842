// VOTable as TABLEDATA, for an answer whose document was not kept.
//
//   shapes   one results TABLE with the FIELDs as the service gave them; a null is an empty cell
//   source   VOTable 1.4 sections 2.1, 4 and 5.1; TAP 1.1 section 3.3 (QUERY_STATUS)
#pragma once

#include <memory>

#include "client/tables/table_writer.h"

namespace esofs::client {

// file: outlives the writer, which does not finish() it. truncated: the service had more rows.
std::unique_ptr<TableWriter> make_votable_writer(ExportFile& file, bool truncated);

}  // namespace esofs::client
