// TableSchemas: which tables the archive's TAP services have, from their TAP_SCHEMA.
//
// One query per service lists all its tables, another one the columns that are positions and times; both are kept as
// listings with the usual ttl. VOSI's /tables is not used: at ESO it is 1.4 MB. If a service cuts these answers at a limit of
// its own (OVERFLOW), what lies behind the cut is asked for by the name of a schema or a table.
//
//   shapes   TAP_SCHEMA's table_name may hold the schema ("ivoa.ObsCore", TAP 1.1) or not ("PESSTO_V2", TAP 1.0), quotes, or
//            any character; it is what goes after FROM. Shown names are without schema and quotes, safe and unique
//   errors   those of the queries
//   threads  thread-safe
//   source   TAP 1.1 section 4; ESO's further columns of TAP_SCHEMA.tables: client/ESO.md, "Catalogues"
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "client/base/ask.h"
#include "client/base/guarded.h"
#include "fs/tree/context.h"

namespace esofs::fs {

struct TableInfo {
  std::string shown;          // name of its directory
  std::string schema;         // as TAP_SCHEMA has it
  std::string table_name;     // as TAP_SCHEMA has it
  std::string adql;           // what goes after FROM
  std::string qualified;      // the same with the schema; "": adql has it, or there is none
  std::string superseded_by;  // shown name of the latest version of the same catalogue; ""
  // The other columns of TAP_SCHEMA.tables, in its order: "description", "title", "number_rows" …
  std::vector<std::pair<std::string, std::string>> facts;
};

struct SchemaTables {
  std::string shown;
  std::string name;               // as TAP_SCHEMA has it
  std::vector<TableInfo> tables;  // latest versions first, by name

  // By the shown name; nullptr: none.
  const TableInfo* find(std::string_view wanted) const;
  const TableInfo* find_ignoring_case(std::string_view wanted) const;
};

struct ServiceTables {
  std::vector<SchemaTables> schemas;
  bool cut = false;  // the service has more of them than it lists

  const SchemaTables* find(std::string_view name) const;
  const SchemaTables* find_ignoring_case(std::string_view name) const;
  const SchemaTables* named(std::string_view name) const;  // as TAP_SCHEMA has it
};

// Columns by which a table is asked for a part of the sky or a night, as ADQL needs them; "": none.
struct TableAxes {
  std::string ra;
  std::string dec;
  std::string time;  // of texts in ISO 8601
  bool cut = false;  // the service has more columns than it lists, so some may be missing here
};

struct ServiceAxes {
  std::map<std::string, TableAxes> tables;  // by table_name of TAP_SCHEMA, in lower case
  bool cut = false;

  TableAxes of(const std::string& table_name) const;
};

using ServiceTablesPtr = std::shared_ptr<const ServiceTables>;
using ServiceAxesPtr = std::shared_ptr<const ServiceAxes>;

Result<ServiceTables> read_tables(const cache::Listing& listing);
Result<ServiceAxes> read_axes(const cache::Listing& listing);

// An identifier of ADQL, delimited if it must be: a reserved word, or other characters than letters, digits and '_'. A
// delimited one stays as it is.
std::string adql_identifier(const std::string& name);

class TableSchemas : public std::enable_shared_from_this<TableSchemas> {
 public:
  // tree: outlives it.
  explicit TableSchemas(Context& context) : context_(context) {}

  Cancel tables(const std::string& service, Done<ServiceTablesPtr> done);
  // tables(), but if that is cut, only the tables of one schema.
  Cancel tables_of(const std::string& service, const std::string& schema, Done<ServiceTablesPtr> done);
  // If tables_of() is cut too: one table. If tables() is cut: the names of all schemas.
  Cancel table_of(const std::string& service, const std::string& schema, const std::string& table,
                  Done<ServiceTablesPtr> done);
  Cancel schema_names(const std::string& service, Done<std::vector<std::string>> done);
  Cancel axes(const std::string& service, const std::string& table_name, Done<TableAxes> done);
  // From memory and LMDB, without a request; nullptr or nullopt: not known.
  ServiceTablesPtr known_tables(const std::string& service);
  ServiceTablesPtr known_tables_of(const std::string& service, const std::string& schema);
  std::optional<TableAxes> known_axes(const std::string& service, const std::string& table_name);

  // A query of `service`, with the ttl of the mount's options.
  cache::QuerySpec query(const std::string& service, std::string adql, std::uint64_t maxrec) const;

 private:
  // What was read from a listing, until another listing replaces it.
  template <class T>
  struct Read {
    std::string listing;
    std::shared_ptr<const T> value;
  };
  template <class T>
  using Kept = Guarded<std::map<std::string, Read<T>>>;  // by query

  cache::QuerySpec tables_query(const std::string& service, const std::string& where = "") const;
  cache::QuerySpec schema_query(const std::string& service, const std::string& schema) const;
  cache::QuerySpec axes_query(const std::string& service, const std::string& where = "") const;
  cache::QuerySpec table_axes_query(const std::string& service, const std::string& table_name) const;
  template <class T>
  Cancel ask(const std::shared_ptr<Kept<T>>& kept, const cache::QuerySpec& query, std::string what,
             Done<std::shared_ptr<const T>> done) const;
  template <class T>
  std::shared_ptr<const T> known(Kept<T>& kept, const cache::QuerySpec& query) const;
  template <class T>
  static Result<std::shared_ptr<const T>> read(cache::Catalog& catalog, Kept<T>& kept,
                                               const cache::QuerySpec& query, const cache::Listing& listing);

  Context& context_;
  // Shared with the answers under way.
  std::shared_ptr<Kept<ServiceTables>> tables_ = std::make_shared<Kept<ServiceTables>>();
  std::shared_ptr<Kept<ServiceAxes>> axes_ = std::make_shared<Kept<ServiceAxes>>();
};

}  // namespace esofs::fs
