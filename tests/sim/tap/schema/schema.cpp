#include "tests/sim/tap/schema/schema.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>

#include "tests/sim/tap/schema/catalogues.h"

namespace esofs::sim::tap {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (true) {
    const std::size_t end = text.find(separator, begin);
    parts.emplace_back(text.substr(begin, end == std::string_view::npos ? end : end - begin));
    if (end == std::string_view::npos) return parts;
    begin = end + 1;
  }
}

Column parse_column(std::string_view line) {
  auto parts = split(line, '|');
  parts.resize(7);
  Column column;
  column.name = parts[0];
  std::string type = parts[1];
  if (const auto at = type.find('@'); at != std::string::npos) {
    column.xtype = type.substr(at + 1);
    type.resize(at);
  }
  if (const auto open = type.find('('); open != std::string::npos) {
    column.arraysize = type.substr(open + 1, type.size() - open - 2);
    type.resize(open);
  }
  column.datatype = type;
  column.unit = parts[2];
  column.ucd = parts[3];
  column.utype = parts[4];
  column.principal = parts[5].find('p') != std::string::npos;
  column.indexed = parts[5].find('i') != std::string::npos;
  column.description = parts[6];
  return column;
}

Table parse_table(const TableText& text) {
  Table table;
  table.name = text.name;
  table.schema = table.name.substr(0, table.name.find('.'));
  table.type = table.schema == "TAP_SCHEMA" || table.schema == "safcat" ? "table" : "view";
  table.description = text.description;
  return table;
}

Table parse_table_with_columns(const TableText& text) {
  Table table = parse_table(text);
  for (const auto& line : split(text.columns, '\n')) {
    if (!line.empty()) table.columns.push_back(parse_column(line));
  }
  return table;
}

void add_instrument_tables(Schema& schema) {
  std::map<std::string, Column> known;
  for (const auto& line : split(instrument_columns(), '\n')) {
    if (line.empty()) continue;
    Column column = parse_column(line);
    const std::string key = column.name;
    column.name = key.substr(0, key.find('/'));
    known.emplace(key, std::move(column));
  }
  for (const auto& text : instrument_tables()) {
    Table table = parse_table(text);
    std::string words(text.columns);
    std::replace(words.begin(), words.end(), '\n', ' ');
    for (const auto& word : split(words, ' ')) {
      if (!word.empty()) table.columns.push_back(known.at(word));
    }
    schema.tables.push_back(std::move(table));
  }
}

std::string_view schema_description(const std::string& name) {
  static const std::map<std::string, std::string_view> texts = {
      {"asm", "Site conditions at La Silla, Paranal and Chajnantor"},
      {"dbo", "Raw frames, and spectra as SSAP sees them"},
      {"ist", "Raw frames with the header keywords of their instrument"},
      {"ivoa", "Reduced data by the data models of the IVOA"},
      {"phase3v2", "Files and provenance of the reduced data"},
      {"safcat", "Scientific catalogues"},
      {"TAP_SCHEMA", "The tables of this service"},
      {"util", "Collections and documentation"}};
  const auto found = texts.find(name);
  return found == texts.end() ? std::string_view() : found->second;
}

Cell text_cell(const std::string& text) { return text.empty() ? Cell() : Cell(text); }

std::vector<TableRow> describe_schemas(const Schema& schema) {
  std::vector<TableRow> rows;
  std::set<std::string> seen;
  for (const auto& table : schema.tables) {
    if (!seen.insert(table.schema).second) continue;
    rows.push_back({{"schema_name", table.schema},
                    {"description", std::string(schema_description(table.schema))},
                    {"schema_index", static_cast<std::int64_t>(rows.size())}});
  }
  return rows;
}

std::vector<TableRow> describe_tables(const Schema& schema, bool bare_names) {
  std::vector<TableRow> rows;
  for (const auto& table : schema.tables) {
    TableRow row = table.extras;
    row["schema_name"] = table.schema;
    row["table_name"] = bare_names ? table.bare() : table.name;
    row["table_type"] = table.type;
    row["description"] = text_cell(table.description);
    row["table_index"] = static_cast<std::int64_t>(rows.size());
    rows.push_back(std::move(row));
  }
  return rows;
}

// "45*" and "45" -> 45; "*" and "" -> null.
Cell size_cell(const std::string& arraysize) {
  if (arraysize.empty() || std::isdigit(static_cast<unsigned char>(arraysize[0])) == 0) return {};
  return static_cast<std::int64_t>(std::stoll(arraysize));
}

std::vector<TableRow> describe_columns(const Schema& schema, bool bare_names) {
  std::vector<TableRow> rows;
  for (const auto& table : schema.tables) {
    std::int64_t index = 0;
    for (const auto& column : table.columns) {
      rows.push_back({{"table_name", bare_names ? table.bare() : table.name},
                      {"column_name", adql_name(column.name)},
                      {"datatype", schema.sql_datatypes ? sql_datatype(column.datatype) : column.datatype},
                      {"arraysize", text_cell(column.arraysize)},
                      {"xtype", text_cell(column.xtype)},
                      {"size", size_cell(column.arraysize)},
                      {"description", text_cell(column.description)},
                      {"utype", text_cell(column.utype)},
                      {"unit", text_cell(column.unit)},
                      {"ucd", text_cell(column.ucd)},
                      {"indexed", std::int64_t{column.indexed}},
                      {"principal", std::int64_t{column.principal}},
                      {"std", std::int64_t{table.schema == "TAP_SCHEMA"}},
                      {"column_index", index++}});
    }
  }
  return rows;
}

std::vector<TableRow> describe_keys(const Schema& schema, bool columns, bool bare_names) {
  std::vector<TableRow> rows;
  for (const auto& table : schema.tables) {
    for (const auto& key : table.keys) {
      const Table* target = schema.find(key.target_table);
      if (columns) {
        rows.push_back(
            {{"key_id", key.id}, {"from_column", key.from_column}, {"target_column", key.target_column}});
      } else {
        rows.push_back(
            {{"key_id", key.id},
             {"from_table", bare_names ? table.bare() : table.name},
             {"target_table", bare_names && target != nullptr ? target->bare() : key.target_table}});
      }
    }
  }
  return rows;
}

}  // namespace

const Table* Schema::find(std::string_view name) const {
  const Table* found = nullptr;
  for (const auto& table : tables) {
    if (same_word(table.name, name)) return &table;
    if (same_word(std::string_view(table.name).substr(table.schema.size() + 1), name)) {
      if (found != nullptr) return nullptr;
      found = &table;
    }
  }
  return found;
}

Schema make_obs_schema() {
  Schema schema;
  for (const auto& text : seeing_tables()) schema.tables.push_back(parse_table_with_columns(text));
  for (const auto& text : weather_tables()) schema.tables.push_back(parse_table_with_columns(text));
  add_instrument_tables(schema);
  for (const auto& text : core_tables()) schema.tables.push_back(parse_table_with_columns(text));
  for (auto& table : schema.tables) {
    if (table.name == "phase3v2.product_files")
      table.keys = {{"key_1", "ivoa.ObsCore", "product_id", "dp_id"}};
  }
  return schema;
}

Schema make_cat_schema() {
  Schema schema;
  schema.sql_datatypes = true;
  for (const auto& text : catalogue_tables()) schema.tables.push_back(parse_table_with_columns(text));
  complete_catalogues(schema);
  return schema;
}

std::vector<TableRow> schema_rows(const Schema& schema, const std::string& table, bool bare_names) {
  if (table == "TAP_SCHEMA.schemas") return describe_schemas(schema);
  if (table == "TAP_SCHEMA.tables") return describe_tables(schema, bare_names);
  if (table == "TAP_SCHEMA.columns") return describe_columns(schema, bare_names);
  if (table == "TAP_SCHEMA.keys") return describe_keys(schema, false, bare_names);
  if (table == "TAP_SCHEMA.key_columns") return describe_keys(schema, true, bare_names);
  return {};
}

std::string sql_datatype(const std::string& datatype) {
  static const std::map<std::string, std::string> words = {{"char", "CHAR"},   {"short", "SMALLINT"},
                                                           {"int", "INTEGER"}, {"long", "BIGINT"},
                                                           {"float", "REAL"},  {"double", "DOUBLE"}};
  return words.at(datatype);
}

std::string adql_name(const std::string& column) {
  static const std::array<std::string_view, 2> reserved = {"size", "interval"};
  const bool quote = std::find(reserved.begin(), reserved.end(), column) != reserved.end();
  return quote ? '"' + column + '"' : column;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

}  // namespace esofs::sim::tap
