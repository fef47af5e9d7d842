// Schema: the tables of a TAP service, with all properties of a column that FIELD, TAP_SCHEMA and /tables show.
//
// The archive's own columns are written as one line of text each (schema_*.cpp).
//
//   threads  built once, then read by any thread
//   source   VOSI tables of tap_obs, June 2026; tap_cat: client/ESO.md, "Catalogues"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/holdings/holdings.h"

namespace esofs::sim::tap {

struct Column {
  std::string name;       // bare: size, not "size"
  std::string datatype;   // VOTable: char short int long float double
  std::string arraysize;  // as TAP_SCHEMA has it: "45*"; results always say "*"
  std::string xtype;
  std::string unit;
  std::string ucd;
  std::string utype;
  std::string description;
  bool principal = false;
  bool indexed = false;
};

struct ForeignKey {
  std::string id;
  std::string target_table;
  std::string from_column;
  std::string target_column;
};

struct Table {
  std::string schema;
  std::string name;  // qualified, as in TAP 1.1: "ivoa.ObsCore"
  std::string type;  // "view" or "table"
  std::string description;
  std::vector<Column> columns;
  std::vector<ForeignKey> keys;
  TableRow extras;  // tap_cat: cat_id, title, version … of TAP_SCHEMA.tables

  // The name without its schema.
  std::string bare() const { return name.substr(schema.size() + 1); }
};

struct Schema {
  std::vector<Table> tables;
  // True if TAP_SCHEMA.columns.datatype says CHAR, REAL, DOUBLE … (tap_cat).
  bool sql_datatypes = false;

  // By qualified or bare name in any case; nullptr if unknown, or bare and not unique.
  const Table* find(std::string_view name) const;
};

// A table as text: lines as described at the top of schema_core.cpp.
struct TableText {
  std::string_view name;
  std::string_view description;
  std::string_view columns;
};

const std::vector<TableText>& core_tables();
const std::vector<TableText>& seeing_tables();
const std::vector<TableText>& weather_tables();
const std::vector<TableText>& instrument_tables();  // columns by name, out of instrument_columns()
std::string_view instrument_columns();
const std::vector<TableText>& catalogue_tables();  // tap_cat with its TAP_SCHEMA

Schema make_obs_schema();
Schema make_cat_schema();

// The rows of TAP_SCHEMA.<table> that describe `schema`. bare_names: as tap_cat under TAP 1.0.
std::vector<TableRow> schema_rows(const Schema& schema, const std::string& table, bool bare_names);

// The name of the column in ADQL: quoted if it is a reserved word ("size", "interval").
std::string adql_name(const std::string& column);

// VOTable's word for a type as tap_cat writes it: CHAR, SMALLINT, INTEGER, BIGINT, REAL, DOUBLE.
std::string sql_datatype(const std::string& datatype);

bool same_word(std::string_view a, std::string_view b);  // ignoring ASCII case
std::string lower(std::string_view text);
std::string upper(std::string_view text);

}  // namespace esofs::sim::tap
