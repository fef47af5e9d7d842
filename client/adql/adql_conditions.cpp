#include "client/adql/adql_conditions.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/adql/adql_tokens.h"
#include "client/base/text.h"

namespace esofs::client {
namespace {

bool begins_clause(const AdqlToken& token) {
  constexpr std::array<std::string_view, 4> words{"group", "having", "order", "offset"};
  return std::any_of(words.begin(), words.end(), [&token](auto word) { return token.is_word(word); });
}

bool joins_queries(const AdqlToken& token) {
  return token.is_word("union") || token.is_word("except") || token.is_word("intersect");
}

// Reads the tokens of the outermost level; what is in parentheses belongs to the condition around it.
class ConditionReader {
 public:
  explicit ConditionReader(std::string_view adql) : adql_(adql), tokens_(adql) {}

  std::optional<Conditions> read() {
    AdqlToken token = tokens_.next();
    if (!token.is_word("select")) return std::nullopt;
    for (; token.kind != AdqlToken::Kind::kEnd; token = tokens_.next()) {
      if (token.is_sign(';')) return std::nullopt;
      if (token.is_sign('(')) ++depth_;
      if (token.is_sign(')')) --depth_;
      if (depth_ > 0) continue;
      if (joins_queries(token)) return std::nullopt;
      take(token);
    }
    if (depth_ != 0 || from_ == 0 || where_ == 0) return std::nullopt;
    if (found_.end == 0) close(adql_.size());
    const bool whole = std::all_of(found_.each.begin(), found_.each.end(),
                                   [](const auto& condition) { return !condition.empty(); });
    return whole && !found_.tables.empty() ? std::optional(std::move(found_)) : std::nullopt;
  }

 private:
  // A token of the outermost level.
  void take(const AdqlToken& token) {
    if (token.is_word("from") && from_ == 0) {
      from_ = token.end;
    } else if (token.is_word("where") && where_ == 0 && from_ != 0) {
      found_.tables = trimmed(adql_.substr(from_, token.begin - from_));
      where_ = condition_ = found_.begin = token.end;
    } else if (where_ == 0 || found_.end != 0) {
      found_.grouped = found_.grouped || token.is_word("group") || token.is_word("having");
    } else if (begins_clause(token)) {
      found_.grouped = token.is_word("group") || token.is_word("having");
      close(token.begin);
    } else if (token.is_word("between")) {
      between_ = true;
    } else if (token.is_word("or")) {
      any_or_ = true;
    } else if (token.is_word("and") && !std::exchange(between_, false)) {
      found_.each.emplace_back(trimmed(adql_.substr(condition_, token.begin - condition_)));
      condition_ = token.end;
    }
  }

  // The last condition ends here. OR binds less than AND.
  void close(std::size_t end) {
    found_.each.emplace_back(trimmed(adql_.substr(condition_, end - condition_)));
    found_.end = end;
    if (any_or_) found_.each.assign(1, std::string(trimmed(adql_.substr(found_.begin, end - found_.begin))));
  }

  const std::string_view adql_;
  AdqlTokens tokens_;
  Conditions found_;
  int depth_ = 0;
  std::size_t from_ = 0;       // behind FROM
  std::size_t where_ = 0;      // behind WHERE
  std::size_t condition_ = 0;  // where the present condition begins
  bool between_ = false;       // the next AND belongs to BETWEEN
  bool any_or_ = false;
};

}  // namespace

std::optional<Conditions> conditions_of(std::string_view adql) { return ConditionReader(adql).read(); }

std::optional<TextEquality> text_equality(std::string_view condition) {
  AdqlTokens tokens(condition);
  AdqlToken token = tokens.next();
  const std::size_t begin = token.begin;
  std::size_t end = 0;
  for (;; token = tokens.next()) {
    if (token.kind != AdqlToken::Kind::kWord && token.kind != AdqlToken::Kind::kQuoted) return std::nullopt;
    end = token.end;
    token = tokens.next();
    if (!token.is_sign('.')) break;
  }
  if (!token.is_sign('=')) return std::nullopt;
  token = tokens.next();
  if (token.kind != AdqlToken::Kind::kLiteral || tokens.next().kind != AdqlToken::Kind::kEnd)
    return std::nullopt;
  return TextEquality{std::string(condition.substr(begin, end - begin)), token.text};
}

std::string all_of(const std::vector<std::string>& conditions) {
  std::string text;
  for (const auto& condition : conditions) text += (text.empty() ? "" : " AND ") + condition;
  return text;
}

}  // namespace esofs::client
