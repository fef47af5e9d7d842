// FITS: a primary HDU without data and one binary table, its rows written one after the other, its heap behind them.
//
//   source   FITS 4.0 section 7.3; client/README.md, "Tables in other forms"
#pragma once

#include <memory>

#include "client/tables/table_writer.h"

namespace esofs::client {

// file: outlives the writer, which does not finish() it.
std::unique_ptr<TableWriter> make_fits_writer(ExportFile& file);

}  // namespace esofs::client
