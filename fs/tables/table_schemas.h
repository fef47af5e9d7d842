// TableSchemas: which tables the archive's TAP services have, from their TAP_SCHEMA.
//
// One query for each service tells all its tables, another which of their columns are positions and times; both are kept
// as listings, with the ttl of any other. Never VOSI's /tables, which at ESO is 1.4 MB.
//
//   shapes   TAP_SCHEMA's table_name may hold the schema ("ivoa.ObsCore", TAP 1.1) or not ("PESSTO_V2", TAP 1.0), quotes, or
//            any character; it is what goes after FROM. Names shown are without schema and quotes, made safe, and unique
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
  std::string superseded_by;  // shown name of the latest version of the same catalogue; ""
  // What else TAP_SCHEMA.tables says, in its order: "description", "title", "number_rows" …
  std::vector<std::pair<std::string, std::string>> facts;
};

struct SchemaTables {
  std::string shown;
  std::vector<TableInfo> tables;  // latest versions first, by name

  const TableInfo* find(std::string_view name) const;  // nullptr: none
  const TableInfo* find_ignoring_case(std::string_view name) const;
};

struct ServiceTables {
  std::vector<SchemaTables> schemas;

  const SchemaTables* find(std::string_view name) const;
  const SchemaTables* find_ignoring_case(std::string_view name) const;
};

// Columns by which a table is asked for a part of the sky or a night, as ADQL needs them; "" where there is none.
struct TableAxes {
  std::string ra;
  std::string dec;
  std::string time;  // of texts in ISO 8601
};

// By table_name of TAP_SCHEMA, in lower case.
using ServiceAxes = std::map<std::string, TableAxes>;

using ServiceTablesPtr = std::shared_ptr<const ServiceTables>;
using ServiceAxesPtr = std::shared_ptr<const ServiceAxes>;

Result<ServiceTables> read_tables(const cache::Listing& listing);
Result<ServiceAxes> read_axes(const cache::Listing& listing);

// An identifier of ADQL, delimited where it has to be: a reserved word, or no letters, digits and '_'. What is delimited
// already stays as it is.
std::string adql_identifier(const std::string& name);

class TableSchemas {
 public:
  // tree: outlives it.
  explicit TableSchemas(Context& context) : context_(context) {}

  Cancel tables(const std::string& service, Done<ServiceTablesPtr> done);
  Cancel axes(const std::string& service, Done<ServiceAxesPtr> done);
  // From memory and LMDB; nullptr. No network, starts nothing.
  ServiceTablesPtr known_tables(const std::string& service);
  ServiceAxesPtr known_axes(const std::string& service);

  // A query of `service`, with what the mount's options say of ttl.
  cache::QuerySpec query(const std::string& service, std::string adql, std::uint64_t maxrec) const;

 private:
  // What was read of a listing, until another takes its place.
  template <class T>
  struct Read {
    std::string listing;
    std::shared_ptr<const T> value;
  };
  template <class T>
  using Kept = Guarded<std::map<std::string, Read<T>>>;

  cache::QuerySpec tables_query(const std::string& service) const;
  cache::QuerySpec axes_query(const std::string& service) const;
  template <class T, class Reader>
  static Result<std::shared_ptr<const T>> read(Kept<T>& kept, const std::string& service,
                                               const cache::Listing& listing, const Reader& reader);

  Context& context_;
  // Shared with the answers under way.
  std::shared_ptr<Kept<ServiceTables>> tables_ = std::make_shared<Kept<ServiceTables>>();
  std::shared_ptr<Kept<ServiceAxes>> axes_ = std::make_shared<Kept<ServiceAxes>>();
};

}  // namespace esofs::fs
