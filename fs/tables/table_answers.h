// Parts of a table, asked for by a name: cone/<ra>_<dec>_<radius>.csv and night/<YYYY-MM-DD>.csv, in all forms of an answer.
//
// A name is a query, but no text of it goes into the query: its numbers are read and written again. Equal queries are one
// answer, whatever their names. Beside each file NAME.csv lies NAME.status.txt: its query, the number of rows, whether it is
// complete. If a service refuses the bare name of a table (EINVAL), the name with its schema is sent.
// The directories list what was opened lately.
//
//   units    angles as client/base/angle.h reads them, else degrees; a night is noon to noon, UTC
//   errors   ENOENT, without a request, for names that are no such query; else as AnswerFile
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
  std::string path;       // "/tables/cat/safcat/KIDS_V3"
  std::string adql;       // what goes after FROM
  std::string qualified;  // the same with its schema; "": no other
  TableAxes axes;
};

// A query of a table by its bare name, and the same by its qualified name; adql "": no other.
struct TableQuery {
  cache::QuerySpec bare;
  cache::QuerySpec qualified;

  // The one to be asked or shown: the qualified one once the service has refused the bare one.
  const cache::QuerySpec& now(cache::Catalog& catalog) const;
};

// The ADQL of the rows that `stem` names: "53.1_-27.8_30arcsec", "2024-01-31". nullopt: it names none.
std::optional<std::string> part_adql(const PartedTable& table, TablePart part, std::string_view stem);

// `directory`/cone or `directory`/night. schemas: outlived by the node.
NodePtr make_part_node(Context& context, std::shared_ptr<TableSchemas> schemas, PartedTable table,
                       TablePart part);

// A file that is the answer to a query.
NodePtr make_table_answer(Context& context, TableQuery query, std::string path,
                          std::optional<client::TableFormat> form);

}  // namespace esofs::fs
