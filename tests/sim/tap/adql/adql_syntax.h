// ADQL 2.0 as a tree: words, expressions, queries. Also read, because clients of 2.1 send them: set operations,
// OFFSET, ILIKE, COALESCE, UPPER, and geometry without a coordinate system.
//
//   errors   AdqlError; with the text that the archive's parser gives
//   source   ADQL 2.0 appendix A; adqlLib 1.5 for the texts
#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace esofs::sim::tap {

// Thrown inside the translator only: translate() returns it as text.
class AdqlError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Word {
  enum class Kind { kName, kQuoted, kString, kInteger, kReal, kSymbol, kEnd };
  Kind kind = Kind::kEnd;
  std::string text;  // unescaped; symbols unchanged
  int line = 1;      // both from 1, as adqlLib counts
  int column = 1;
  int last_column = 1;
};

// The words of a query without comments. Throws AdqlError.
std::vector<Word> split_words(std::string_view text);

struct Query;

struct Expression {
  enum class Kind {
    kColumn,    // path
    kInteger,   // text
    kReal,      // text
    kString,    // text
    kStar,      // of COUNT(*)
    kFunction,  // text (upper case), children; distinct
    kInfix,     // text; two children: + - * / || and comparisons, AND, OR, LIKE, NOT LIKE
    kPrefix,    // text; one child: -, +, NOT
    kParens,    // one child
    kBetween,   // text "BETWEEN" or "NOT BETWEEN"; three children
    kIn,        // text "IN" or "NOT IN"; child 0 IN (others) or (query)
    kIsNull,    // text "IS NULL" or "IS NOT NULL"
    kExists,    // query
    kSubquery   // query
  };
  Kind kind = Kind::kStar;
  std::string text;
  std::vector<Word> path;
  bool distinct = false;
  std::vector<std::unique_ptr<Expression>> children;
  std::unique_ptr<Query> query;
};
using ExpressionPtr = std::unique_ptr<Expression>;

struct From {
  enum class Kind { kTable, kSubquery, kJoin };
  Kind kind = Kind::kTable;
  std::vector<Word> path;
  std::string alias;
  std::unique_ptr<Query> query;
  std::unique_ptr<From> left;
  std::unique_ptr<From> right;
  std::string join;  // "INNER JOIN", "LEFT OUTER JOIN", "CROSS JOIN" (a comma) …
  bool natural = false;
  ExpressionPtr on;
  std::vector<std::string> shared;  // USING
};

struct SelectItem {
  bool star = false;
  std::vector<Word> star_of;  // t.*
  ExpressionPtr value;
  std::string alias;
};

struct OrderItem {
  ExpressionPtr value;  // an integer is a position
  bool descending = false;
};

struct Query {
  bool distinct = false;
  std::optional<std::string> top;
  std::vector<SelectItem> items;
  std::unique_ptr<From> from;
  ExpressionPtr where;
  std::vector<ExpressionPtr> group_by;
  ExpressionPtr having;
  std::vector<OrderItem> order_by;
  std::optional<std::string> offset;
  std::vector<std::pair<std::string, std::unique_ptr<Query>>> others;  // "UNION ALL", its query
};

// Throws AdqlError.
std::unique_ptr<Query> parse_adql(std::string_view text);

}  // namespace esofs::sim::tap
