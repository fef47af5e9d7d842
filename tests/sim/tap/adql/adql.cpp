#include "tests/sim/tap/adql/adql.h"

#include <algorithm>
#include <map>
#include <set>

#include "tests/sim/tap/adql/adql_functions.h"
#include "tests/sim/tap/adql/adql_syntax.h"

namespace esofs::sim::tap {
namespace {

std::string quote(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

std::string quote_text(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + '\'';
}

std::string dotted(const std::vector<Word>& path) {
  std::string out;
  for (const auto& word : path) out += (out.empty() ? "" : ".") + word.text;
  return out;
}

std::string span(const std::vector<Word>& path) {
  const auto& first = path.front();
  const auto& last = path.back();
  return dotted(path) + " [l." + std::to_string(first.line) + " c." + std::to_string(first.column) + " - l." +
         std::to_string(last.line) + " c." + std::to_string(last.last_column) + "]";
}

Column typed(std::string name, std::string datatype, std::string xtype = {}) {
  Column column;
  column.name = std::move(name);
  if (datatype == "char") column.arraysize = "*";
  column.datatype = std::move(datatype);
  column.xtype = std::move(xtype);
  return column;
}

// One table of FROM, with its columns.
struct Source {
  std::string name;  // as the SQL calls it
  const Table* table = nullptr;
  bool aliased = false;
  std::vector<Column> columns;
};

struct Scope {
  std::vector<Source> sources;
  std::set<std::string> merged;  // by USING or NATURAL, lower case: the column of the first source is used
  std::map<std::string, Column> aliases;  // of the select list, for ORDER BY
  const Scope* outer = nullptr;
};

class Translator {
 public:
  Translator(const Schema& schema, const Dialect& dialect) : schema_(schema), dialect_(dialect) {}

  Translation run(const Query& query) {
    Translation out;
    out.sql = write_query(query, nullptr, out.columns);
    if (!unknown_.empty()) throw AdqlError(unknown_names());
    make_names_unique(out.columns);
    out.tables.assign(tables_.begin(), tables_.end());
    return out;
  }

 private:
  // Like adqlLib, reports all names that cannot be resolved in one message.
  std::string unknown_names() const {
    std::string text = std::to_string(unknown_.size()) + " unresolved identifiers: ";
    for (std::size_t i = 0; i < unknown_.size(); ++i) text += (i == 0 ? "" : ", ") + unknown_[i].first;
    text += " !";
    for (const auto& [name, sentence] : unknown_) text += "\n  - " + sentence;
    return text;
  }

  static void make_names_unique(std::vector<Column>& columns) {
    std::set<std::string> seen;
    for (auto& column : columns) {
      const std::string name = column.name;
      for (int i = 1; !seen.insert(lower(column.name)).second; ++i)
        column.name = name + "_" + std::to_string(i);
    }
  }

  std::string write_query(const Query& query, const Scope* outer, std::vector<Column>& columns) {
    Scope scope;
    scope.outer = outer;
    std::string sql = write_select(query, scope, columns);
    if (!query.others.empty()) {
      sql = "SELECT * FROM (" + sql + ")";
      for (const auto& [operation, other] : query.others) {
        std::vector<Column> ignored;
        sql += " " + operation + " SELECT * FROM (" + write_query(*other, outer, ignored) + ")";
        if (ignored.size() != columns.size())
          throw AdqlError("The queries of a " + operation + " have different numbers of columns!");
      }
      return sql + write_order(query, scope, columns, true) + write_limit(query);
    }
    return sql + write_order(query, scope, columns, false) + write_limit(query);
  }

  static std::string write_limit(const Query& query) {
    if (!query.top && !query.offset) return {};
    return " LIMIT " + query.top.value_or("-1") + (query.offset ? " OFFSET " + *query.offset : "");
  }

  std::string write_select(const Query& query, Scope& scope, std::vector<Column>& columns) {
    const std::string from = write_from(*query.from, scope);
    std::string sql = std::string("SELECT ") + (query.distinct ? "DISTINCT " : "");
    bool first = true;
    for (const auto& item : query.items) {
      sql += (first ? "" : ", ") + write_item(item, scope, columns);
      first = false;
    }
    sql += " FROM " + from;
    if (query.where) sql += " WHERE " + write(*query.where, scope);
    for (std::size_t i = 0; i < query.group_by.size(); ++i) {
      sql += (i == 0 ? " GROUP BY " : ", ") + write_position_or_value(*query.group_by[i], scope, columns);
    }
    if (query.having) sql += " HAVING " + write(*query.having, scope);
    return sql;
  }

  std::string write_order(const Query& query, const Scope& scope, const std::vector<Column>& columns,
                          bool by_name) {
    std::string sql;
    for (const auto& item : query.order_by) {
      sql += sql.empty() ? " ORDER BY " : ", ";
      sql += by_name ? output_position(*item.value, columns)
                     : write_position_or_value(*item.value, scope, columns);
      if (item.descending) sql += " DESC";
    }
    return sql;
  }

  static std::string output_position(const Expression& value, const std::vector<Column>& columns) {
    if (value.kind == Expression::Kind::kInteger) return value.text;
    for (std::size_t i = 0; i < columns.size() && value.kind == Expression::Kind::kColumn; ++i) {
      if (same_word(columns[i].name, value.path.back().text)) return std::to_string(i + 1);
    }
    throw AdqlError("ORDER BY of a set operation takes columns of the answer only!");
  }

  std::string write_position_or_value(const Expression& value, const Scope& scope,
                                      const std::vector<Column>& columns) {
    if (value.kind == Expression::Kind::kInteger) return value.text;
    if (value.kind == Expression::Kind::kColumn && value.path.size() == 1 &&
        scope.aliases.count(lower(value.path[0].text)) != 0) {
      return output_position(value, columns);
    }
    return write(value, scope);
  }

  std::string write_item(const SelectItem& item, Scope& scope, std::vector<Column>& columns) {
    if (item.star) return write_star(item, scope, columns);
    std::string sql = write(*item.value, scope);
    Column column = describe(*item.value, scope);
    if (!item.alias.empty()) {
      column.name = item.alias;
      scope.aliases[lower(item.alias)] = column;
    }
    sql += " AS " + quote(column.name);
    columns.push_back(std::move(column));
    return sql;
  }

  std::string write_star(const SelectItem& item, const Scope& scope, std::vector<Column>& columns) {
    std::string sql;
    std::set<std::string> done;
    bool any = false;
    for (const auto& source : scope.sources) {
      if (!item.star_of.empty() && !names(source, item.star_of, item.star_of.size())) continue;
      any = true;
      for (const auto& column : source.columns) {
        if (item.star_of.empty() && scope.merged.count(lower(column.name)) != 0 &&
            !done.insert(lower(column.name)).second) {
          continue;
        }
        sql += (sql.empty() ? "" : ", ") + quote(source.name) + "." + quote(column.name);
        columns.push_back(column);
      }
    }
    if (!any && item.star_of.empty()) return "NULL";  // no table is known, which has been reported
    if (!any) {
      unknown_.emplace_back(span(item.star_of), "Unknown table \"" + dotted(item.star_of) + "\" !");
      return "NULL";
    }
    return sql;
  }

  std::string write_from(const From& from, Scope& scope) {
    if (from.kind == From::Kind::kTable) return write_table(from, scope);
    if (from.kind == From::Kind::kSubquery) {
      Source source;
      const std::string sql = write_query(*from.query, scope.outer, source.columns);
      make_names_unique(source.columns);
      source.name = from.alias;
      source.aliased = true;
      scope.sources.push_back(std::move(source));
      return "(" + sql + ") AS " + quote(from.alias);
    }
    const std::size_t begin = scope.sources.size();
    const std::string left = write_from(*from.left, scope);
    const std::size_t middle = scope.sources.size();
    const std::string right = write_from(*from.right, scope);
    std::string sql =
        left + " " + from.join + " " + (from.right->kind == From::Kind::kJoin ? "(" + right + ")" : right);
    if (from.on) sql += " ON " + write(*from.on, scope);
    const auto shared = from.natural ? common_columns(scope, begin, middle) : from.shared;
    for (std::size_t i = 0; i < shared.size(); ++i) {
      sql += i == 0 ? " ON " : " AND ";
      sql += shared_column(scope, begin, middle, shared[i]) + " = " +
             shared_column(scope, middle, scope.sources.size(), shared[i]);
    }
    for (const auto& name : shared) scope.merged.insert(lower(name));
    return sql;
  }

  std::string shared_column(const Scope& scope, std::size_t begin, std::size_t end, const std::string& name) {
    for (std::size_t i = begin; i < end; ++i) {
      if (const Column* column = find_column(scope.sources[i], name))
        return quote(scope.sources[i].name) + "." + quote(column->name);
    }
    unknown_.emplace_back(name, "Unknown column \"" + name + "\" !");
    return "NULL";
  }

  static std::vector<std::string> common_columns(const Scope& scope, std::size_t begin, std::size_t middle) {
    std::vector<std::string> common;
    for (std::size_t i = begin; i < middle; ++i) {
      for (const auto& column : scope.sources[i].columns) {
        for (std::size_t j = middle; j < scope.sources.size(); ++j) {
          if (find_column(scope.sources[j], column.name) != nullptr) common.push_back(column.name);
        }
      }
    }
    return common;
  }

  std::string write_table(const From& from, Scope& scope) {
    const Table* table = schema_.find(dotted(from.path));
    if (table == nullptr) {
      const std::string with_alias = from.alias.empty() ? "" : " (alias " + from.alias + ")";
      unknown_.emplace_back(span(from.path),
                            "Unknown table \"" + dotted(from.path) + "\"" + with_alias + " !");
      known_tables_ = false;
      return "(SELECT 1)";
    }
    tables_.insert(table->name);
    Source source;
    source.aliased = !from.alias.empty();
    source.name = source.aliased ? from.alias : table->name;
    source.table = table;
    source.columns = table->columns;
    scope.sources.push_back(source);
    return quote(table->name) + (source.aliased ? " AS " + quote(source.name) : "");
  }

  static const Column* find_column(const Source& source, std::string_view name) {
    for (const auto& column : source.columns) {
      if (same_word(column.name, name)) return &column;
    }
    return nullptr;
  }

  // Whether the first `count` words of a path name this source: its alias, else its table with or without schema.
  static bool names(const Source& source, const std::vector<Word>& path, std::size_t count) {
    std::string prefix;
    for (std::size_t i = 0; i < count; ++i) prefix += (i == 0 ? "" : ".") + path[i].text;
    if (source.aliased) return same_word(source.name, prefix);
    return same_word(source.table->name, prefix) || same_word(source.table->bare(), prefix);
  }

  struct Found {
    const Source* source = nullptr;
    const Column* column = nullptr;
    int matches = 0;
  };

  static Found look_up(const std::vector<Word>& path, const Scope& scope) {
    Found found;
    const std::string& name = path.back().text;
    for (const auto& source : scope.sources) {
      if (path.size() > 1 && !names(source, path, path.size() - 1)) continue;
      const Column* column = find_column(source, name);
      if (column == nullptr || (path.back().kind == Word::Kind::kQuoted && column->name != name)) continue;
      if (found.matches++ == 0) {
        found.source = &source;
        found.column = column;
      }
    }
    if (found.matches > 1 && path.size() == 1 && scope.merged.count(lower(name)) != 0) found.matches = 1;
    if (found.matches == 0 && scope.outer != nullptr) return look_up(path, *scope.outer);
    return found;
  }

  std::string write_column(const Expression& value, const Scope& scope) {
    const Found found = look_up(value.path, scope);
    if (found.matches == 1) return quote(found.source->name) + "." + quote(found.column->name);
    if (found.matches > 1) {
      unknown_.emplace_back(span(value.path), "Ambiguous column name \"" + dotted(value.path) + "\" !");
    } else if (known_tables_) {
      unknown_.emplace_back(span(value.path), "Unknown column \"" + dotted(value.path) + "\" !");
    }
    return "NULL";
  }

  std::string write(const Expression& value, const Scope& scope) {
    using Kind = Expression::Kind;
    const auto child = [&](std::size_t i) { return write(*value.children[i], scope); };
    switch (value.kind) {
      case Kind::kColumn:
        return write_column(value, scope);
      case Kind::kInteger:
      case Kind::kReal:
        return value.text;
      case Kind::kString:
        return quote_text(value.text);
      case Kind::kStar:
        return "*";
      case Kind::kFunction:
        return write_function(value, scope);
      case Kind::kInfix:
        check_cone(value);
        return child(0) + " " + value.text + " " + child(1);
      case Kind::kPrefix:
        return value.text + " " + child(0);
      case Kind::kParens:
        return "(" + child(0) + ")";
      case Kind::kBetween:
        return child(0) + " " + value.text + " " + child(1) + " AND " + child(2);
      case Kind::kIn:
        return child(0) + " " + value.text + " (" +
               (value.query ? write_inner(*value.query, scope) : write_list(value, scope, 1)) + ")";
      case Kind::kIsNull:
        return child(0) + " " + value.text;
      case Kind::kExists:
        return "EXISTS (" + write_inner(*value.query, scope) + ")";
      case Kind::kSubquery:
        return "(" + write_inner(*value.query, scope) + ")";
    }
    return {};
  }

  std::string write_inner(const Query& query, const Scope& scope) {
    std::vector<Column> ignored;
    return write_query(query, &scope, ignored);
  }

  std::string write_list(const Expression& value, const Scope& scope, std::size_t first) {
    std::string sql;
    for (std::size_t i = first; i < value.children.size(); ++i)
      sql += (i == first ? "" : ", ") + write(*value.children[i], scope);
    return sql;
  }

  std::string write_function(const Expression& value, const Scope& scope) {
    const auto found = functions().find(value.text);
    if (found == functions().end()) {
      throw AdqlError("1 unresolved identifiers: " + value.text + " !\n  - Unresolved function: \"" +
                      value.text +
                      "(…)\"! No UDF has been defined or found with the signature: " + value.text + "(…).");
    }
    const Function& function = found->second;
    if (geometric(value.text) && dialect_.only_cone_geometry && value.text != "CONTAINS" &&
        value.text != "POINT" && value.text != "CIRCLE") {
      throw AdqlError("The geometrical function \"" + value.text +
                      "\" is not available in this implementation!");
    }
    // The coordinate system is optional, and ignored.
    const bool labelled = makes_shape(value.text) && !value.children.empty() &&
                          value.children[0]->kind == Expression::Kind::kString;
    const std::size_t first = labelled ? 1 : 0;
    const std::size_t count = value.children.size() - first;
    if (value.children.size() < function.least || value.children.size() > function.most)
      throw AdqlError("Wrong number of parameters for the function \"" + value.text + "\"!");
    if ((value.text == "POINT" && count != 2) || (value.text == "POLYGON" && count > 1 && count < 6))
      throw AdqlError("Wrong number of parameters for the function \"" + value.text + "\"!");
    return std::string(function.sql) + "(" + (value.distinct ? "DISTINCT " : "") +
           write_list(value, scope, first) + ")";
  }

  // tap_cat takes CONTAINS(POINT, CIRCLE) = 1 only.
  void check_cone(const Expression& value) const {
    if (!dialect_.only_cone_geometry) return;
    for (std::size_t i = 0; i < 2; ++i) {
      const Expression& call = *value.children[i];
      const Expression& other = *value.children[1 - i];
      if (call.kind != Expression::Kind::kFunction || call.text != "CONTAINS") continue;
      const bool cone = call.children.size() == 2 && call.children[0]->text == "POINT" &&
                        call.children[1]->text == "CIRCLE";
      if (value.text != "=" || other.text != "1" || !cone)
        throw AdqlError("Only CONTAINS(POINT(...), CIRCLE(...)) = 1 is supported by this service!");
    }
  }

  Column describe(const Expression& value, const Scope& scope) const {
    using Kind = Expression::Kind;
    switch (value.kind) {
      case Kind::kColumn: {
        const Found found = look_up(value.path, scope);
        return found.column != nullptr ? *found.column : typed(value.path.back().text, "char");
      }
      case Kind::kInteger:
        return typed("c_" + value.text, value.text.size() < 10 ? "int" : "long");
      case Kind::kReal:
        return typed("c_real", "double");
      case Kind::kString:
        return typed("c_text", "char");
      case Kind::kFunction:
        return describe_function(value, scope);
      case Kind::kPrefix:
      case Kind::kParens:
        return describe_plain(describe(*value.children[0], scope));
      case Kind::kInfix:
        return describe_infix(value, scope);
      case Kind::kSubquery:
        return describe_subquery(value, scope);
      default:
        return typed("condition", "int");
    }
  }

  // An expression may keep the unit of its column, but not the UCD.
  static Column describe_plain(const Column& of) {
    Column column = typed(of.name, of.datatype, of.xtype);
    column.unit = of.unit;
    return column;
  }

  Column describe_infix(const Expression& value, const Scope& scope) const {
    const auto whole = [](const Column& column) {
      return column.datatype == "int" || column.datatype == "short" || column.datatype == "long";
    };
    static const std::map<std::string, std::string> words = {
        {"+", "sum"}, {"-", "sub"}, {"*", "mult"}, {"/", "div"}, {"||", "concat"}};
    const auto word = words.find(value.text);
    if (word == words.end()) return typed("condition", "int");
    if (value.text == "||") return typed("concat", "char");
    const bool all_whole =
        whole(describe(*value.children[0], scope)) && whole(describe(*value.children[1], scope));
    return typed(word->second, all_whole ? "long" : "double");
  }

  Column describe_subquery(const Expression& value, const Scope& scope) const {
    std::vector<Column> columns;
    Translator inner(schema_, dialect_);
    inner.write_query(*value.query, &scope, columns);
    return columns.empty() ? typed("subquery", "char") : columns[0];
  }

  Column describe_function(const Expression& value, const Scope& scope) const {
    const auto found = functions().find(value.text);
    if (found == functions().end()) return typed(value.text, "char");
    const std::string name = value.text == "COUNT" && value.children[0]->kind == Expression::Kind::kStar
                                 ? "COUNT_ALL"
                                 : value.text;
    const std::string datatype(found->second.datatype);
    if (datatype == "timestamp") return typed(name, "char", "timestamp");
    if (datatype == "region") return typed(name, "char", "adql:REGION");
    if (!datatype.empty()) return typed(name, datatype);
    Column column = describe_plain(describe(*value.children[0], scope));
    column.name = name;
    if (value.text == "SUM")
      column.datatype = column.datatype == "float" || column.datatype == "double" ? "double" : "long";
    return column;
  }

  const Schema& schema_;
  const Dialect& dialect_;
  std::set<std::string> tables_;
  std::vector<std::pair<std::string, std::string>> unknown_;
  bool known_tables_ = true;
};

}  // namespace

std::variant<Translation, std::string> translate(std::string_view adql, const Schema& schema,
                                                 const Dialect& dialect) {
  try {
    return Translator(schema, dialect).run(*parse_adql(adql));
  } catch (const AdqlError& error) {
    return std::string(error.what());
  }
}

}  // namespace esofs::sim::tap
