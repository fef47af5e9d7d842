// Parts of a table, asked for by a name: cone/<ra>_<dec>_<radius>.csv and night/<YYYY-MM-DD>.csv, in all forms of an answer.
//
// A name is a query, without any text of it in the query: its numbers are read and written anew. Equal queries are one answer,
// whatever their names. Beside each file NAME.csv lies NAME.status.txt: its query, how many rows, whether they are all.
// The directories list what was opened lately.
//
//   units    angles as client/base/angle.h reads them, else degrees; a night is noon to noon, UTC
//   errors   ENOENT from memory for names that are no such query; else as AnswerFile
//   threads  thread-safe
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "fs/tables/table_schemas.h"
#include "fs/tree/context.h"
#include "fs/tree/node.h"

namespace esofs::fs {

enum class TablePart : std::uint8_t { kCone, kNight };

// A table as its parts need it.
struct PartedTable {
  std::string service;
  std::string path;  // "/tables/cat/safcat/KIDS_V3"
  std::string adql;  // what goes after FROM
  TableAxes axes;
};

// The ADQL of the rows that `stem` names: "53.1_-27.8_30arcsec", "2024-01-31". nullopt: it names none.
std::optional<std::string> part_adql(const PartedTable& table, TablePart part, std::string_view stem);

// `directory`/cone or `directory`/night. schemas: outlived by the node.
NodePtr make_part_node(Context& context, std::shared_ptr<TableSchemas> schemas, PartedTable table,
                       TablePart part);

// A file that is the answer to a query.
NodePtr make_table_answer(Context& context, cache::QuerySpec query, std::string path,
                          std::optional<client::TableFormat> form);

}  // namespace esofs::fs
