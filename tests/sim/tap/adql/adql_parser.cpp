#include <algorithm>
#include <array>

#include "tests/sim/tap/adql/adql_syntax.h"
#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {
namespace {

using Kind = Word::Kind;

// Words that cannot be names unless quoted: those of the grammar, and the reserved ones that a column may want.
constexpr std::array<std::string_view, 64> kReserved = {
    "ALL",    "AND",   "AS",       "ASC",    "BETWEEN",   "BY",        "CROSS",    "DATE",
    "DAY",    "DESC",  "DISTINCT", "EXCEPT", "EXISTS",    "FROM",      "FULL",     "GROUP",
    "HAVING", "HOUR",  "ILIKE",    "IN",     "INNER",     "INTERSECT", "INTERVAL", "INTO",
    "IS",     "JOIN",  "LANGUAGE", "LEFT",   "LEVEL",     "LIKE",      "LIMIT",    "MINUTE",
    "MODULE", "MONTH", "NATURAL",  "NOT",    "NULL",      "OFFSET",    "ON",       "OR",
    "ORDER",  "OUTER", "POSITION", "RIGHT",  "SECOND",    "SECTION",   "SELECT",   "SESSION",
    "SET",    "SIZE",  "TABLE",    "TIME",   "TIMESTAMP", "TOP",       "UNION",    "USER",
    "USING",  "VALUE", "VALUES",   "WHERE",  "WITH",      "WORK",      "YEAR",     "ZONE"};

bool reserved(const Word& word) {
  if (word.kind != Kind::kName) return false;
  const std::string text = upper(word.text);
  return std::find(kReserved.begin(), kReserved.end(), text) != kReserved.end();
}

ExpressionPtr make(Expression::Kind kind, std::string text = {}) {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->text = std::move(text);
  return made;
}

ExpressionPtr infix(ExpressionPtr left, std::string text, ExpressionPtr right) {
  auto made = make(Expression::Kind::kInfix, std::move(text));
  made->children.push_back(std::move(left));
  made->children.push_back(std::move(right));
  return made;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : words_(split_words(text)) {}

  std::unique_ptr<Query> run() {
    auto parsed = query();
    symbol(";");  // adqlLib takes one at the end
    if (word().kind != Kind::kEnd) fail({"\";\"", "<EOF>"});
    return parsed;
  }

 private:
  const Word& word(std::size_t ahead = 0) const { return words_[std::min(here_ + ahead, words_.size() - 1)]; }

  bool is(std::string_view keyword, std::size_t ahead = 0) const {
    return word(ahead).kind == Kind::kName && same_word(word(ahead).text, keyword);
  }
  bool keyword(std::string_view text) {
    if (!is(text)) return false;
    ++here_;
    return true;
  }
  bool is_symbol(std::string_view text, std::size_t ahead = 0) const {
    return word(ahead).kind == Kind::kSymbol && word(ahead).text == text;
  }
  bool symbol(std::string_view text) {
    if (!is_symbol(text)) return false;
    ++here_;
    return true;
  }
  void need_keyword(std::string_view text) {
    if (!keyword(text)) fail({'"' + std::string(text) + '"'});
  }
  void need_symbol(std::string_view text) {
    if (!symbol(text)) fail({'"' + std::string(text) + '"'});
  }

  // The wording is that of a JavaCC parser.
  [[noreturn]] void fail(const std::vector<std::string>& expected) const {
    std::string text =
        " Encountered \"" + (word().kind == Kind::kEnd ? "<EOF>" : word().text) + "\". Was expecting";
    text += expected.size() == 1 ? ": " : " one of: ";
    for (std::size_t i = 0; i < expected.size(); ++i) text += (i == 0 ? "" : " ") + expected[i];
    if (reserved(word())) {
      text += " \n(HINT: \"" + word().text +
              "\" is a reserved ADQL word. To use it as a column/table/schema name/alias, write it between "
              "double quotes.)";
    }
    throw AdqlError(text);
  }

  std::string unsigned_integer() {
    if (word().kind != Kind::kInteger) fail({"<UNSIGNED_INTEGER>"});
    return words_[here_++].text;
  }

  Word name() {
    const bool fits = word().kind == Kind::kQuoted || (word().kind == Kind::kName && !reserved(word()));
    if (!fits) fail({"\"\\\"\"", "<REGULAR_IDENTIFIER>"});
    return words_[here_++];
  }

  std::string alias() {
    if (keyword("AS")) return name().text;
    const bool bare = word().kind == Kind::kQuoted || (word().kind == Kind::kName && !reserved(word()));
    return bare ? name().text : std::string();
  }

  std::unique_ptr<Query> query() {
    auto first = simple_query();
    while (is("UNION") || is("EXCEPT") || is("INTERSECT")) {
      std::string operation = upper(words_[here_++].text);
      if (keyword("ALL")) operation += " ALL";
      first->others.emplace_back(operation, simple_query());
    }
    if (keyword("ORDER")) {
      need_keyword("BY");
      do first->order_by.push_back(order_item());
      while (symbol(","));
    }
    if (keyword("OFFSET")) first->offset = unsigned_integer();
    return first;
  }

  std::unique_ptr<Query> simple_query() {
    if (is_symbol("(") && is("SELECT", 1)) {
      ++here_;
      auto inner = query();
      need_symbol(")");
      return inner;
    }
    auto made = std::make_unique<Query>();
    need_keyword("SELECT");
    if (keyword("DISTINCT"))
      made->distinct = true;
    else
      keyword("ALL");
    if (keyword("TOP")) made->top = unsigned_integer();
    do made->items.push_back(select_item());
    while (symbol(","));
    need_keyword("FROM");
    made->from = from();
    if (keyword("WHERE")) made->where = condition();
    if (keyword("GROUP")) {
      need_keyword("BY");
      do made->group_by.push_back(value());
      while (symbol(","));
    }
    if (keyword("HAVING")) made->having = condition();
    return made;
  }

  SelectItem select_item() {
    SelectItem item;
    if (symbol("*")) {
      item.star = true;
      return item;
    }
    const std::size_t begin = here_;
    if (word().kind == Kind::kQuoted || (word().kind == Kind::kName && !reserved(word()))) {
      do item.star_of.push_back(words_[here_++]);
      while (is_symbol(".") && word(1).kind != Kind::kSymbol && (++here_, true));
      if (is_symbol(".") && is_symbol("*", 1)) {
        here_ += 2;
        item.star = true;
        return item;
      }
      item.star_of.clear();
      here_ = begin;
    }
    item.value = value();
    item.alias = alias();
    return item;
  }

  OrderItem order_item() {
    OrderItem item;
    item.value = value();
    if (keyword("DESC"))
      item.descending = true;
    else
      keyword("ASC");
    return item;
  }

  std::unique_ptr<From> from() {
    auto left = joined();
    while (symbol(",")) left = join(std::move(left), "CROSS JOIN", joined());
    return left;
  }

  static std::unique_ptr<From> join(std::unique_ptr<From> left, std::string how,
                                    std::unique_ptr<From> right) {
    auto made = std::make_unique<From>();
    made->kind = From::Kind::kJoin;
    made->left = std::move(left);
    made->right = std::move(right);
    made->join = std::move(how);
    return made;
  }

  std::unique_ptr<From> joined() {
    auto left = source();
    while (true) {
      const std::size_t begin = here_;
      const bool natural = keyword("NATURAL");
      std::string how = "INNER JOIN";
      if (is("LEFT") || is("RIGHT") || is("FULL")) {
        how = upper(words_[here_++].text) + " OUTER JOIN";
        keyword("OUTER");
      } else if (keyword("CROSS")) {
        how = "CROSS JOIN";
      } else {
        keyword("INNER");
      }
      if (!is("JOIN")) {
        if (here_ != begin) fail({"\"JOIN\""});
        return left;
      }
      ++here_;
      left = join(std::move(left), how, source());
      left->natural = natural;
      if (!natural && how != "CROSS JOIN") join_condition(*left);
    }
  }

  void join_condition(From& made) {
    if (keyword("ON")) {
      made.on = condition();
    } else if (keyword("USING")) {
      need_symbol("(");
      do made.shared.push_back(name().text);
      while (symbol(","));
      need_symbol(")");
    } else {
      fail({"\"ON\"", "\"USING\""});
    }
  }

  std::unique_ptr<From> source() {
    auto made = std::make_unique<From>();
    if (is_symbol("(") && is("SELECT", 1)) {
      ++here_;
      made->kind = From::Kind::kSubquery;
      made->query = query();
      need_symbol(")");
      keyword("AS");
      made->alias = name().text;
      return made;
    }
    if (symbol("(")) {
      auto inner = from();
      need_symbol(")");
      return inner;
    }
    do made->path.push_back(name());
    while (symbol("."));
    made->alias = alias();
    return made;
  }

  // Conditions, from the lowest precedence to the highest.
  ExpressionPtr condition() {
    auto left = conjunction();
    while (keyword("OR")) left = infix(std::move(left), "OR", conjunction());
    return left;
  }
  ExpressionPtr conjunction() {
    auto left = negation();
    while (keyword("AND")) left = infix(std::move(left), "AND", negation());
    return left;
  }
  ExpressionPtr negation() {
    if (!keyword("NOT")) return predicate();
    auto made = make(Expression::Kind::kPrefix, "NOT");
    made->children.push_back(predicate());
    return made;
  }

  ExpressionPtr predicate() {
    if (keyword("EXISTS")) {
      auto made = make(Expression::Kind::kExists);
      need_symbol("(");
      made->query = query();
      need_symbol(")");
      return made;
    }
    const std::size_t begin = here_;
    if (is_symbol("(") && !is("SELECT", 1)) {  // a condition in parentheses, or a value that begins with one
      try {
        ++here_;
        auto made = make(Expression::Kind::kParens);
        made->children.push_back(condition());
        need_symbol(")");
        if (!continues_value()) return made;
      } catch (const AdqlError&) {
        // Parse it again as a value, whose error is the one to show.
      }
      here_ = begin;
    }
    return comparison(value());
  }

  bool continues_value() const {
    for (const std::string_view text : {"+", "-", "*", "/", "||", "=", "<>", "!=", "<", ">", "<=", ">="}) {
      if (is_symbol(text)) return true;
    }
    return is("IS") || is("BETWEEN") || is("IN") || is("LIKE") || is("ILIKE") || is("NOT");
  }

  ExpressionPtr comparison(ExpressionPtr left) {
    for (const std::string_view text : {"=", "<>", "!=", "<=", ">=", "<", ">"}) {
      if (symbol(text)) return infix(std::move(left), std::string(text), value());
    }
    if (keyword("IS")) {
      auto made = make(Expression::Kind::kIsNull, keyword("NOT") ? "IS NOT NULL" : "IS NULL");
      need_keyword("NULL");
      made->children.push_back(std::move(left));
      return made;
    }
    const std::string negated = keyword("NOT") ? "NOT " : "";
    if (keyword("LIKE") || keyword("ILIKE")) return infix(std::move(left), negated + "LIKE", value());
    if (keyword("BETWEEN")) {
      auto made = make(Expression::Kind::kBetween, negated + "BETWEEN");
      made->children.push_back(std::move(left));
      made->children.push_back(value());
      need_keyword("AND");
      made->children.push_back(value());
      return made;
    }
    if (keyword("IN")) {
      auto made = make(Expression::Kind::kIn, negated + "IN");
      made->children.push_back(std::move(left));
      need_symbol("(");
      if (is("SELECT")) {
        made->query = query();
      } else {
        do made->children.push_back(value());
        while (symbol(","));
      }
      need_symbol(")");
      return made;
    }
    fail({"\"=\"", "\"<>\"", "\"!=\"", "\"<\"", "\"<=\"", "\">\"", "\">=\"", "\"BETWEEN\"", "\"IN\"",
          "\"IS\"", "\"LIKE\"", "\"NOT\""});
  }

  ExpressionPtr value() {
    auto left = term();
    while (is_symbol("+") || is_symbol("-") || is_symbol("||")) {
      const std::string text = words_[here_++].text;
      left = infix(std::move(left), text, term());
    }
    return left;
  }
  ExpressionPtr term() {
    auto left = factor();
    while (is_symbol("*") || is_symbol("/")) {
      const std::string text = words_[here_++].text;
      left = infix(std::move(left), text, factor());
    }
    return left;
  }

  ExpressionPtr factor() {
    if (is_symbol("-") || is_symbol("+")) {
      auto made = make(Expression::Kind::kPrefix, words_[here_++].text);
      made->children.push_back(factor());
      return made;
    }
    if (is_symbol("(") && is("SELECT", 1)) {
      ++here_;
      auto made = make(Expression::Kind::kSubquery);
      made->query = query();
      need_symbol(")");
      return made;
    }
    if (symbol("(")) {
      auto made = make(Expression::Kind::kParens);
      made->children.push_back(value());
      need_symbol(")");
      return made;
    }
    return primary();
  }

  ExpressionPtr primary() {
    if (word().kind == Kind::kInteger) return make(Expression::Kind::kInteger, words_[here_++].text);
    if (word().kind == Kind::kReal) return make(Expression::Kind::kReal, words_[here_++].text);
    if (word().kind == Kind::kString) {
      auto made = make(Expression::Kind::kString);
      while (word().kind == Kind::kString) made->text += words_[here_++].text;  // 'a' 'b' is 'ab'
      return made;
    }
    if (word().kind == Kind::kName && is_symbol("(", 1) && (!reserved(word()) || is("LEFT") || is("RIGHT")))
      return function();
    const bool fits = word().kind == Kind::kQuoted || (word().kind == Kind::kName && !reserved(word()));
    if (!fits) {
      fail({"\"(\"", "\"+\"", "\"-\"", "\"AVG\"", "\"COUNT\"", "\"MAX\"", "\"MIN\"", "\"SUM\"",
            "<REGULAR_IDENTIFIER>", "<STRING_LITERAL>", "<UNSIGNED_INTEGER>", "<UNSIGNED_FLOAT>"});
    }
    auto made = make(Expression::Kind::kColumn);
    do made->path.push_back(name());
    while (symbol("."));
    return made;
  }

  ExpressionPtr function() {
    auto made = make(Expression::Kind::kFunction, upper(words_[here_++].text));
    need_symbol("(");
    if (symbol(")")) return made;
    if (is_symbol("*") && made->text == "COUNT") {
      ++here_;
      made->children.push_back(make(Expression::Kind::kStar));
    } else {
      if (keyword("DISTINCT"))
        made->distinct = true;
      else
        keyword("ALL");
      do made->children.push_back(value());
      while (symbol(","));
    }
    need_symbol(")");
    return made;
  }

  std::vector<Word> words_;
  std::size_t here_ = 0;
};

}  // namespace

std::unique_ptr<Query> parse_adql(std::string_view text) { return Parser(text).run(); }

}  // namespace esofs::sim::tap
