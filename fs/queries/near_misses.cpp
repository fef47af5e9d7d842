#include "fs/queries/near_misses.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "client/adql/adql_conditions.h"
#include "client/adql/adql_tokens.h"
#include "client/base/nearest.h"
#include "client/base/text.h"
#include "client/services/adql.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

using NearListing = std::shared_ptr<const cache::Listing>;

constexpr std::uint64_t kMostSpellings = 50;
constexpr std::size_t kMostNear = 5;

// --- other spellings of a name ---

// Letters and digits only, in lower case: equal for NGC253, NGC 253 and ngc-253.
std::string bare(std::string_view name) {
  std::string text;
  for (const char c : lower(name)) {
    if (std::isalnum(static_cast<unsigned char>(c)) != 0) text += c;
  }
  return text;
}

// A pattern of LIKE for names with other characters between letters and digits.
std::string loose_pattern(std::string_view name) {
  enum class Kind { kNone, kLetter, kDigit, kOther };
  std::string pattern;
  Kind before = Kind::kNone;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const Kind kind = std::isdigit(byte) != 0   ? Kind::kDigit
                      : std::isalpha(byte) != 0 ? Kind::kLetter
                                                : Kind::kOther;
    const bool gap = before != Kind::kNone && kind != before;
    if ((gap || kind == Kind::kOther) && !pattern.ends_with('%') && !pattern.empty()) pattern += '%';
    if (kind != Kind::kOther) pattern += c;
    before = kind;
  }
  return pattern;
}

std::string with_case(std::string text, int (*change)(int), std::size_t from = 0) {
  std::transform(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                 text.begin() + static_cast<std::ptrdiff_t>(from),
                 [change](unsigned char c) { return static_cast<char>(change(c)); });
  return text;
}

// Few servers compare without regard to case, and not all have LOWER().
std::string spelling_query(const client::Conditions& query, const client::TextEquality& name) {
  const std::string typed = loose_pattern(name.value);
  const std::string upper = with_case(typed, ::toupper);
  std::string condition;
  std::vector<std::string> patterns;
  for (const auto& pattern : {typed, upper, with_case(typed, ::tolower), with_case(upper, ::tolower, 1)}) {
    if (std::find(patterns.begin(), patterns.end(), pattern) != patterns.end()) continue;
    patterns.push_back(pattern);
    condition += (condition.empty() ? "" : " OR ") + name.column + " LIKE " + client::adql_literal(pattern);
  }
  return "SELECT DISTINCT TOP " + std::to_string(kMostSpellings) + " " + name.column + " FROM " +
         query.tables + " WHERE " + condition;
}

// Of several texts that are compared, the one that is most likely a name that people spell in many ways.
std::optional<client::TextEquality> compared_name(const client::Conditions& query) {
  std::optional<client::TextEquality> first;
  for (const auto& condition : query.each) {
    auto compared = client::text_equality(condition);
    if (!compared || bare(compared->value).size() < 2) continue;
    const std::string column = lower(compared->column);
    if (column.find("target") != std::string::npos || column.find("object") != std::string::npos)
      return compared;
    if (!first) first = std::move(compared);
  }
  return first;
}

// --- the questions ---

cache::QuerySpec small_query(const cache::QuerySpec& like, std::string adql, std::uint64_t rows) {
  cache::QuerySpec query = like;
  query.adql = std::move(adql);
  query.maxrec = rows;
  query.mode = client::QueryMode::kSync;
  return query;
}

struct NearQuestions {
  std::optional<client::TextEquality> name;
  cache::QuerySpec spellings;  // with name
  std::string last;            // condition; "": it is the only one
  cache::QuerySpec without;    // with last: the number of rows without it
};

NearQuestions questions_near(const cache::QuerySpec& query) {
  NearQuestions near;
  auto conditions = client::conditions_of(query.adql);
  if (!conditions) return near;
  near.name = compared_name(*conditions);
  if (near.name) near.spellings = small_query(query, spelling_query(*conditions, *near.name), kMostSpellings);
  if (conditions->each.size() < 2 || conditions->grouped) return near;
  near.last = conditions->each.back();
  conditions->each.pop_back();
  near.without = small_query(
      query, "SELECT COUNT(*) AS n FROM " + conditions->tables + " WHERE " + client::all_of(conditions->each),
      1);
  return near;
}

// --- an unknown column ---

struct UnknownColumn {
  std::string name;
  bool compared = false;  // stands where a text could stand
  cache::QuerySpec columns;
};

// The words in quotes of a server's sentence.
std::vector<std::string> quoted_words(const std::string& sentence) {
  std::vector<std::string> words;
  for (std::size_t at = 0; (at = sentence.find_first_of("\"'`[", at)) != std::string::npos; ++at) {
    const char end = sentence[at] == '[' ? ']' : sentence[at];
    const std::size_t to = sentence.find(end, at + 1);
    if (to == std::string::npos) break;
    words.push_back(sentence.substr(at + 1, to - at - 1));
    at = to;
  }
  return words;
}

std::optional<UnknownColumn> unknown_column(const cache::QuerySpec& query, const Error& refused) {
  const auto tables = client::tables_named(query.adql);
  const bool of_column = lower(refused.what()).find("column") != std::string::npos;
  if (refused.code() != EINVAL || !of_column || tables.empty() || query.service == "ssap")
    return std::nullopt;
  const auto words = quoted_words(refused.what());
  const bool plain = std::all_of(tables.front().begin(), tables.front().end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '.';
  });
  client::AdqlTokens tokens(query.adql);
  client::AdqlToken before;
  for (auto token = tokens.next(); token.kind != client::AdqlToken::Kind::kEnd; token = tokens.next()) {
    const bool named = token.kind == client::AdqlToken::Kind::kWord &&
                       std::any_of(words.begin(), words.end(), [&token](const auto& word) {
                         return same_word(word.substr(word.rfind('.') + 1), token.text);
                       });
    if (named)
      return UnknownColumn{
          token.text, before.is_sign('='),
          plain ? small_query(query, "SELECT TOP 1 * FROM " + tables.front(), 1) : cache::QuerySpec()};
    before = token;
  }
  return std::nullopt;
}

// --- what is known ---

std::string in_quotes(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "'" : ", '") + name + "'";
  return text;
}

std::string spelling_sentence(const client::TextEquality& name, const cache::Listing& answer) {
  std::vector<std::string> others;
  for (std::uint64_t i = 0; i < answer.rows(); ++i) {
    const auto row = answer.row(i);
    if (!row || row->empty()) continue;
    const std::string text(trimmed(value_text(row->front()), " "));
    if (text == name.value) return name.column + " '" + text + "' exists; another condition leaves no row";
    if (bare(text) == bare(name.value)) others.push_back(text);
  }
  if (others.size() > kMostNear) others.resize(kMostNear);
  if (others.empty()) return {};
  return "no " + name.column + " is '" + name.value + "', but there is " + in_quotes(others);
}

std::string count_sentence(const std::string& last, const cache::Listing& answer) {
  const auto row = answer.rows() == 0 ? Result<client::Row>(client::Row()) : answer.row(0);
  const std::string count = row && !row->empty() ? value_text(row->front()) : std::string();
  if (count.empty()) return {};
  return count + (count == "1" ? " row" : " rows") + " without the last condition, " + last;
}

std::string column_sentence(const UnknownColumn& unknown, const cache::Listing& answer) {
  std::vector<std::string> names;
  for (const auto& column : answer.columns()) names.push_back(column.name);
  std::string text;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string best = nearest(unknown.name, names);
    if (best.empty()) break;
    text += (text.empty() ? "" : ", ") + best;
    std::erase(names, best);
  }
  return text.empty() ? text : "the columns nearest to " + unknown.name + ": " + text;
}

void ask_quietly(Context& context, const cache::QuerySpec& query, const Cause& cause) {
  if (!query.adql.empty())
    (void)context.catalog().listing(query, AskedBy(cause, [](const Result<NearListing>&) {}));
}

}  // namespace

void ask_near_misses(Context& context, const cache::QuerySpec& query, const Cause& cause) {
  const auto state = context.catalog().state(query);
  if (state.error) {
    if (const auto unknown = unknown_column(query, *state.error))
      ask_quietly(context, unknown->columns, cause);
  } else if (state.known && state.rows == 0) {
    const NearQuestions near = questions_near(query);
    ask_quietly(context, near.spellings, cause);
    ask_quietly(context, near.without, cause);
  }
}

std::vector<std::string> near_misses(Context& context, const cache::QuerySpec& query) {
  std::vector<std::string> sentences;
  const auto add = [&sentences](std::string sentence) {
    if (!sentence.empty()) sentences.push_back(std::move(sentence));
  };
  const auto known = [&catalog = context.catalog()](const cache::QuerySpec& asked) {
    return asked.adql.empty() ? nullptr : catalog.known_listing(asked);
  };
  const auto state = context.catalog().state(query);
  if (state.error) {
    const auto unknown = unknown_column(query, *state.error);
    if (!unknown) return sentences;
    if (unknown->compared)
      add("if " + unknown->name + " is a text, it goes in single quotes: '" + unknown->name + "'");
    if (const auto answer = known(unknown->columns)) add(column_sentence(*unknown, *answer));
  } else if (state.known && state.rows == 0) {
    const NearQuestions near = questions_near(query);
    if (const auto answer = known(near.spellings)) add(spelling_sentence(*near.name, *answer));
    if (const auto answer = known(near.without)) add(count_sentence(near.last, *answer));
  }
  return sentences;
}

}  // namespace esofs::fs
