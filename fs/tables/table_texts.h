// The texts that describe a table: columns.csv and description.txt.
//
//   threads  plain functions
#pragma once

#include <string>

#include "cache/catalog.h"
#include "client/base/result.h"
#include "fs/tables/table_schemas.h"

namespace esofs::fs {

// The rows of TAP_SCHEMA.columns as CSV: name, datatype, arraysize, unit, ucd, utype, xtype, principal, indexed, std,
// description; unknown values are empty. In the order of column_index, if the service has it.
Result<std::string> columns_csv(const cache::Listing& columns);

// What is known about a table, and how to query it. path: of its directory in the mounted tree.
std::string table_description(const std::string& service, const std::string& path, const TableInfo& table,
                              const TableAxes& axes);

}  // namespace esofs::fs
