// CSV, TSV and aligned text.
//
//   source   RFC 4180, IANA text/tab-separated-values; client/README.md, "Tables in other forms"
#pragma once

#include <memory>

#include "client/tables/table_writer.h"

namespace esofs::client {

// file: outlives the writer, which does not finish() it.
std::unique_ptr<TableWriter> make_csv_writer(ExportFile& file);
std::unique_ptr<TableWriter> make_tsv_writer(ExportFile& file);
std::unique_ptr<TableWriter> make_text_writer(ExportFile& file);

}  // namespace esofs::client
