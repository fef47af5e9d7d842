#include "fs/tables/table_schemas.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>

#include "client/base/in_turn.h"
#include "client/base/names_given.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "client/services/adql.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

using ListingPtr = std::shared_ptr<const cache::Listing>;

// More tables than any service has; servers have limits of their own.
constexpr std::uint64_t kMostTables = 1'000'000;
constexpr std::size_t kLongestSchemaName = 115;
constexpr std::size_t kMostKept = 1000;  // answers in memory

// Words that ADQL 2.0 and 2.1 reserve and that columns of archives are called.
constexpr std::array kReserved{
    "abs",     "all",      "and",       "any",        "area",      "as",       "asc",      "avg",
    "between", "box",      "by",        "case",       "cast",      "ceiling",  "centroid", "char",
    "check",   "circle",   "column",    "contains",   "coord1",    "coord2",   "coordsys", "cos",
    "count",   "cross",    "date",      "day",        "degrees",   "desc",     "distance", "distinct",
    "double",  "end",      "exists",    "exp",        "extract",   "float",    "floor",    "for",
    "from",    "full",     "function",  "group",      "having",    "hour",     "ilike",    "in",
    "inner",   "int",      "integer",   "intersects", "interval",  "into",     "is",       "join",
    "key",     "language", "left",      "level",      "like",      "log",      "max",      "min",
    "minute",  "mod",      "module",    "month",      "natural",   "no",       "not",      "null",
    "numeric", "of",       "offset",    "on",         "or",        "order",    "outer",    "pi",
    "point",   "polygon",  "position",  "power",      "precision", "primary",  "rand",     "real",
    "region",  "right",    "round",     "schema",     "second",    "section",  "select",   "session",
    "set",     "sin",      "size",      "smallint",   "sqrt",      "sum",      "table",    "tan",
    "then",    "time",     "timestamp", "to",         "top",       "truncate", "union",    "unique",
    "upper",   "user",     "using",     "value",      "values",    "view",     "when",     "where",
    "with",    "work",     "year",      "zone"};

bool regular(std::string_view name) {
  if (name.empty() || std::isalpha(static_cast<unsigned char>(name.front())) == 0) return false;
  const bool plain =
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
  const std::string low = lower(name);
  return plain && std::find(kReserved.begin(), kReserved.end(), low) == kReserved.end();
}

std::string without_quotes(std::string text) {
  std::erase(text, '"');
  return text;
}

// The name of the directory for a server's name.
std::string shown_component(const std::string& text) {
  std::string name = portable_name(safe_name(without_quotes(text)));
  if (name.starts_with('.') || name.starts_with('-')) name.insert(0, 1, '_');
  if (name.size() > kLongestSchemaName) name.resize(kLongestSchemaName);
  return name;
}

// Names differ without regard to case, and a dot in them begins no extension.
NamesGiven::Rule name_rule() {
  return {lower, [](std::string_view name, unsigned number) {
            return std::string(name.substr(0, kLongestSchemaName - 8)) + '-' + std::to_string(number);
          }};
}

// The part of table_name behind its schema, if it holds the schema.
std::string bare_name(const std::string& table_name, const std::string& schema) {
  const std::string prefix = lower(schema) + '.';
  if (schema.empty() || !lower(table_name).starts_with(prefix)) return table_name;
  return table_name.substr(prefix.size());
}

// True for names that parse as they stand: "public.ivoa.obscore".
bool regular_parts(std::string_view name) {
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.')) {
    if (!regular(name.substr(0, dot))) return false;
    name.remove_prefix(dot + 1);
  }
  return regular(name);
}

std::string adql_table(const std::string& table_name, const std::string& schema) {
  if (table_name.find('"') != std::string::npos || regular_parts(table_name)) return table_name;
  const std::string bare = bare_name(table_name, schema);
  if (bare.size() < table_name.size())
    return adql_identifier(table_name.substr(0, table_name.size() - bare.size() - 1)) + '.' +
           adql_identifier(bare);
  return adql_identifier(table_name);
}

// "" if the name holds its schema, or has none.
std::string qualified_table(const std::string& table_name, const std::string& schema) {
  const bool bare = bare_name(table_name, schema).size() == table_name.size();
  const bool holds_another =
      table_name.find('.') != std::string::npos && table_name.find('"') == std::string::npos;
  if (schema.empty() || !bare || holds_another) return "";
  return adql_identifier(schema) + '.' + adql_identifier(table_name);
}

// Bare names that two schemas have would all mean the same table.
void qualify_equal_names(ServiceTables& service) {
  std::map<std::string, unsigned> schemas;
  for (const SchemaTables& schema : service.schemas)
    for (const TableInfo& table : schema.tables) ++schemas[lower(table.adql)];
  for (SchemaTables& schema : service.schemas) {
    for (TableInfo& table : schema.tables) {
      if (table.qualified.empty() || schemas[lower(table.adql)] < 2) continue;
      table.adql = std::exchange(table.qualified, "");
    }
  }
}

// Reads columns of a listing by their names, in any case.
class Cells {
 public:
  explicit Cells(const cache::Listing& listing) {
    for (const auto& column : listing.columns()) names_.push_back(lower(column.name));
  }
  const std::vector<std::string>& names() const { return names_; }
  std::string text(const client::Row& row, std::string_view name) const {
    const auto at = std::find(names_.begin(), names_.end(), name);
    const auto index = static_cast<std::size_t>(at - names_.begin());
    return index < row.size() ? value_text(row[index]) : std::string();
  }

 private:
  std::vector<std::string> names_;
};

std::int64_t number(const std::string& text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

const std::string& fact(const TableInfo& table, std::string_view name) {
  static const std::string none;
  for (const auto& [key, value] : table.facts) {
    if (key == name) return value;
  }
  return none;
}

// Catalogues come in versions under one title: the latest first.
void order_by_version(std::vector<TableInfo>& tables) {
  std::map<std::string, const TableInfo*> latest;
  for (const TableInfo& table : tables) {
    const std::string& title = fact(table, "title");
    if (title.empty() || fact(table, "version").empty()) continue;
    const TableInfo*& best = latest[title];
    if (best == nullptr || number(fact(*best, "version")) < number(fact(table, "version"))) best = &table;
  }
  std::map<std::string, std::pair<std::int64_t, std::string>> newest;  // a title's version and table
  for (const auto& [title, table] : latest) newest[title] = {number(fact(*table, "version")), table->shown};
  for (TableInfo& table : tables) {
    const auto found = newest.find(fact(table, "title"));
    if (found == newest.end() || fact(table, "version").empty()) continue;
    if (number(fact(table, "version")) < found->second.first) table.superseded_by = found->second.second;
  }
  std::stable_sort(tables.begin(), tables.end(), [](const TableInfo& a, const TableInfo& b) {
    return std::pair(!a.superseded_by.empty(), lower(a.shown)) <
           std::pair(!b.superseded_by.empty(), lower(b.shown));
  });
}

// Chooses one of several columns of one kind: the only main one, else the only one.
struct Candidates {
  std::vector<std::string> main;
  std::vector<std::string> others;

  void add(const std::string& column, const std::string& ucd) {
    (ucd.find("meta.main") != std::string::npos || ucd.ends_with("_main") ? main : others).push_back(column);
  }
  std::string chosen() const {
    if (main.size() == 1) return main.front();
    return main.empty() && others.size() == 1 ? others.front() : std::string();
  }
};

struct AxesFound {
  Candidates ra;
  Candidates dec;
  Candidates time;
};

bool in_degrees(const std::string& unit) {
  const std::string low = lower(unit);
  return low.empty() || low == "deg" || low == "degree" || low == "degrees";
}

bool is_text(const std::string& datatype) {
  const std::string low = lower(datatype);
  return low.find("char") != std::string::npos || low.find("timestamp") != std::string::npos;
}

void note_column(AxesFound& axes, const std::string& name, const std::string& ucd_text,
                 const std::string& unit, const std::string& datatype) {
  const std::string ucd = lower(ucd_text);
  const std::string first = ucd.substr(0, ucd.find(';'));
  // Modified UCDs ("stat.error;pos.eq.ra") begin with the modifier.
  if ((first == "pos.eq.ra" || ucd.starts_with("pos_eq_ra")) && in_degrees(unit)) axes.ra.add(name, ucd);
  if ((first == "pos.eq.dec" || ucd.starts_with("pos_eq_dec")) && in_degrees(unit)) axes.dec.add(name, ucd);
  if (!is_text(datatype)) return;
  if (lower(name) == "start_date")
    axes.time.add(name, "meta.main");
  else if (first == "time.start")
    axes.time.add(name, ucd);
}

template <class Items>
auto find_by(const Items& items, const std::function<bool(const std::string&)>& matches)
    -> decltype(items.data()) {
  const auto found =
      std::find_if(items.begin(), items.end(), [&matches](const auto& item) { return matches(item.shown); });
  return found == items.end() ? nullptr : &*found;
}

template <class Items>
auto find_exactly(const Items& items, std::string_view name) {
  return find_by(items, [name](const std::string& shown) { return shown == name; });
}

template <class Items>
auto find_in_any_case(const Items& items, std::string_view name) {
  return find_by(items, [wanted = lower(name)](const std::string& shown) { return lower(shown) == wanted; });
}

}  // namespace

std::string adql_identifier(const std::string& name) {
  const bool delimited = name.size() > 2 && name.front() == '"' && name.back() == '"';
  if (delimited || regular(name)) return name;
  std::string made = "\"";
  for (const char c : name) made.append(c == '"' ? 2 : 1, c);
  return made + '"';
}

const TableInfo* SchemaTables::find(std::string_view wanted) const { return find_exactly(tables, wanted); }
const TableInfo* SchemaTables::find_ignoring_case(std::string_view wanted) const {
  return find_in_any_case(tables, wanted);
}
const SchemaTables* ServiceTables::named(std::string_view name) const {
  const auto found = std::find_if(schemas.begin(), schemas.end(), [wanted = lower(name)](const auto& schema) {
    return lower(schema.name) == wanted;
  });
  return found == schemas.end() ? nullptr : &*found;
}

TableAxes ServiceAxes::of(const std::string& table_name) const {
  const auto found = tables.find(lower(table_name));
  return found == tables.end() ? TableAxes() : found->second;
}

const SchemaTables* ServiceTables::find(std::string_view name) const { return find_exactly(schemas, name); }
const SchemaTables* ServiceTables::find_ignoring_case(std::string_view name) const {
  return find_in_any_case(schemas, name);
}

Result<ServiceTables> read_tables(const cache::Listing& listing) {
  const Cells cells(listing);
  ServiceTables found;
  std::map<std::string, std::size_t> place;  // of a schema in `found`
  std::vector<NamesGiven> names;             // names of its tables
  NamesGiven schema_names(name_rule());
  for (std::uint64_t i = 0; i < listing.rows(); ++i) {
    auto row = listing.row(i);
    if (!row) return row.error();
    TableInfo table;
    table.schema = cells.text(*row, "schema_name");
    table.table_name = cells.text(*row, "table_name");
    if (table.table_name.empty()) continue;
    const auto [at, first] = place.try_emplace(lower(table.schema), found.schemas.size());
    if (first) {
      const std::string shown = shown_component(table.schema.empty() ? "default" : table.schema);
      found.schemas.push_back({schema_names.give(shown), table.schema, {}});
      names.emplace_back(name_rule());
    }
    table.shown = names[at->second].give(shown_component(bare_name(table.table_name, table.schema)));
    table.adql = adql_table(table.table_name, table.schema);
    table.qualified = qualified_table(table.table_name, table.schema);
    for (const std::string& name : cells.names()) {
      std::string value = cells.text(*row, name);
      if (name != "schema_name" && name != "table_name" && !value.empty())
        table.facts.emplace_back(name, std::move(value));
    }
    found.schemas[at->second].tables.push_back(std::move(table));
  }
  qualify_equal_names(found);
  for (SchemaTables& schema : found.schemas) order_by_version(schema.tables);
  return found;
}

Result<ServiceAxes> read_axes(const cache::Listing& listing) {
  const Cells cells(listing);
  std::map<std::string, AxesFound> all;
  for (std::uint64_t i = 0; i < listing.rows(); ++i) {
    auto row = listing.row(i);
    if (!row) return row.error();
    note_column(all[lower(cells.text(*row, "table_name"))], cells.text(*row, "column_name"),
                cells.text(*row, "ucd"), cells.text(*row, "unit"), cells.text(*row, "datatype"));
  }
  ServiceAxes axes;
  for (const auto& [table, found] : all) {
    TableAxes chosen{found.ra.chosen(), found.dec.chosen(), found.time.chosen(), false};
    if (chosen.ra.empty() || chosen.dec.empty()) chosen.ra = chosen.dec = "";
    for (std::string* column : {&chosen.ra, &chosen.dec, &chosen.time})
      if (!column->empty()) *column = adql_identifier(*column);
    axes.tables.emplace(table, std::move(chosen));
  }
  return axes;
}

// --- TableSchemas ---

cache::QuerySpec TableSchemas::query(const std::string& service, std::string adql,
                                     std::uint64_t maxrec) const {
  cache::QuerySpec spec;
  spec.adql = std::move(adql);
  spec.service = service;
  spec.maxrec = maxrec;
  spec.ttl = context_.config().default_ttl;
  return spec;
}

cache::QuerySpec TableSchemas::tables_query(const std::string& service, const std::string& where) const {
  return query(service, "SELECT * FROM TAP_SCHEMA.tables" + where, kMostTables);
}

// Columns that TAP 1.0 has too. The patterns find more than is needed, which read_axes() leaves out.
cache::QuerySpec TableSchemas::axes_query(const std::string& service, const std::string& where) const {
  const std::string patterns =
      "ucd LIKE 'pos.eq.%' OR ucd LIKE 'POS_EQ_%' OR ucd LIKE 'time.start%' OR column_name = 'start_date'";
  return query(service,
               "SELECT table_name, column_name, datatype, unit, ucd FROM TAP_SCHEMA.columns WHERE " +
                   (where.empty() ? patterns : where + " AND (" + patterns + ")"),
               kMostTables);
}

namespace {

Result<ServiceTables> read_as(const cache::Listing& listing, const ServiceTables* /*type*/) {
  return read_tables(listing);
}
Result<ServiceAxes> read_as(const cache::Listing& listing, const ServiceAxes* /*type*/) {
  return read_axes(listing);
}

}  // namespace

template <class T>
Result<std::shared_ptr<const T>> TableSchemas::read(cache::Catalog& catalog, Kept<T>& kept,
                                                    const cache::QuerySpec& query,
                                                    const cache::Listing& listing) {
  const std::string id = listing.id();
  const std::string key = query.service + "\n" + query.adql;
  if (auto all = kept.lock(); true) {
    const auto found = all->find(key);
    if (found != all->end() && found->second.listing == id) return found->second.value;
  }
  Result<T> made = read_as(listing, static_cast<const T*>(nullptr));
  if (!made) return made.error();
  made->cut = catalog.state(query).truncated;
  auto value = std::make_shared<const T>(*std::move(made));
  auto all = kept.lock();
  if (all->size() >= kMostKept) all->clear();
  (*all)[key] = Read<T>{id, value};
  return value;
}

template <class T>
Cancel TableSchemas::ask(const std::shared_ptr<Kept<T>>& kept, const cache::QuerySpec& query,
                         std::string what, Done<std::shared_ptr<const T>> done) const {
  auto& catalog = context_.catalog();
  return catalog.listing(query, AskedBy(done.cause(), [&catalog, kept, query, what = std::move(what),
                                                       done = done.take()](Result<ListingPtr> listing) {
                           if (!listing) return done(listing.error().at(what));
                           done(read(catalog, *kept, query, **listing));
                         }));
}

template <class T>
std::shared_ptr<const T> TableSchemas::known(Kept<T>& kept, const cache::QuerySpec& query) const {
  const auto listing = context_.catalog().known_listing(query);
  auto found =
      listing ? read(context_.catalog(), kept, query, *listing) : Result<std::shared_ptr<const T>>(nullptr);
  return found ? *found : nullptr;
}

Cancel TableSchemas::tables(const std::string& service, Done<ServiceTablesPtr> done) {
  return ask(tables_, tables_query(service), "the tables of " + service, std::move(done));
}

cache::QuerySpec TableSchemas::schema_query(const std::string& service, const std::string& schema) const {
  return tables_query(service, " WHERE schema_name = " + client::adql_literal(schema));
}

Cancel TableSchemas::tables_of(const std::string& service, const std::string& schema,
                               Done<ServiceTablesPtr> done) {
  return in_turn<ServiceTablesPtr, ServiceTablesPtr>(
      [&](Done<ServiceTablesPtr> all) { return tables(service, std::move(all)); },
      [self = shared_from_this(), service, schema](ServiceTablesPtr all, Done<ServiceTablesPtr> own) {
        if (!all->cut) {
          own(std::move(all));
          return Cancel();
        }
        return self->ask(self->tables_, self->schema_query(service, schema),
                         "the tables of " + service + "/" + schema, std::move(own));
      },
      std::move(done));
}

Cancel TableSchemas::table_of(const std::string& service, const std::string& schema, const std::string& table,
                              Done<ServiceTablesPtr> done) {
  return ask(tables_,
             tables_query(service, " WHERE schema_name = " + client::adql_literal(schema) +
                                       " AND table_name IN (" + client::adql_literal(table) + ", " +
                                       client::adql_literal(schema + "." + table) + ")"),
             "the table " + service + "/" + schema + "/" + table, std::move(done));
}

Cancel TableSchemas::schema_names(const std::string& service, Done<std::vector<std::string>> done) {
  return context_.catalog().listing(
      query(service, "SELECT schema_name FROM TAP_SCHEMA.schemas", kMostTables),
      AskedBy(done.cause(), [service, done = done.take()](Result<ListingPtr> listing) {
        if (!listing) return done(listing.error().at("the schemas of " + service));
        const Cells cells(**listing);
        std::vector<std::string> names;
        for (std::uint64_t i = 0; i < (*listing)->rows(); ++i) {
          auto row = (*listing)->row(i);
          if (!row) return done(row.error());
          if (std::string name = cells.text(*row, "schema_name"); !name.empty())
            names.push_back(std::move(name));
        }
        done(std::move(names));
      }));
}

Cancel TableSchemas::axes(const std::string& service, const std::string& table_name, Done<TableAxes> done) {
  return in_turn<ServiceAxesPtr, TableAxes>(
      [&](Done<ServiceAxesPtr> all) {
        return ask(axes_, axes_query(service), "the columns of the tables of " + service, std::move(all));
      },
      [self = shared_from_this(), service, table_name](const ServiceAxesPtr& all, Done<TableAxes> found) {
        if (!all->cut) {
          found(all->of(table_name));
          return Cancel();
        }
        return self->ask<ServiceAxes>(
            self->axes_, self->table_axes_query(service, table_name), "the columns of " + table_name,
            AskedBy(found.cause(), [table_name, found = found.take()](Result<ServiceAxesPtr> own) {
              if (!own) return found(own.error());
              TableAxes axes = (*own)->of(table_name);
              axes.cut = (*own)->cut;
              found(std::move(axes));
            }));
      },
      std::move(done));
}

cache::QuerySpec TableSchemas::table_axes_query(const std::string& service,
                                                const std::string& table_name) const {
  return axes_query(service, "table_name = " + client::adql_literal(table_name));
}

ServiceTablesPtr TableSchemas::known_tables(const std::string& service) {
  return known(*tables_, tables_query(service));
}

ServiceTablesPtr TableSchemas::known_tables_of(const std::string& service, const std::string& schema) {
  auto all = known_tables(service);
  return all && all->cut ? known(*tables_, schema_query(service, schema)) : all;
}

std::optional<TableAxes> TableSchemas::known_axes(const std::string& service, const std::string& table_name) {
  const auto all = known(*axes_, axes_query(service));
  if (!all) return std::nullopt;
  if (!all->cut) return all->of(table_name);
  const auto own = known(*axes_, table_axes_query(service, table_name));
  if (!own) return std::nullopt;
  TableAxes axes = own->of(table_name);
  axes.cut = own->cut;
  return axes;
}

}  // namespace esofs::fs
