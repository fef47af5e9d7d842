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
constexpr std::uint64_t kMostValues = 1000;
constexpr std::size_t kMostNear = 5;
constexpr std::size_t kMostNearest = 3;
constexpr std::size_t kMostNames = 2;    // of one query, each with a question of its own
constexpr std::size_t kMostListed = 30;  // values that are given if none is near

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
  from = std::min(from, text.size());
  std::transform(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                 text.begin() + static_cast<std::ptrdiff_t>(from),
                 [change](unsigned char c) { return static_cast<char>(change(c)); });
  return text;
}

// The beginning of a word that may be misspelt behind it; "": it has a number or is short.
std::string sure_beginning(const std::string& name) {
  const auto no_letter = [](unsigned char c) { return std::isalpha(c) == 0; };
  const auto letters =
      static_cast<std::size_t>(std::find_if(name.begin(), name.end(), no_letter) - name.begin());
  const bool number =
      std::any_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  constexpr std::size_t least = 3;
  return number || letters <= least ? std::string() : name.substr(0, std::max(letters / 2, least)) + "%";
}

// Few servers compare without regard to case, and not all have LOWER().
std::string spelling_query(const client::Conditions& query, const client::TextEquality& name) {
  const std::string typed = loose_pattern(name.value);
  const std::string upper = with_case(typed, ::toupper);
  std::string condition;
  std::vector<std::string> patterns;
  const std::string begins = sure_beginning(name.value);
  const std::string begins_upper = with_case(begins, ::toupper);
  for (const auto& pattern : {typed, upper, with_case(typed, ::tolower), with_case(upper, ::tolower, 1),
                              begins, begins_upper, with_case(begins_upper, ::tolower, 1)}) {
    if (pattern.empty() || std::find(patterns.begin(), patterns.end(), pattern) != patterns.end()) continue;
    patterns.push_back(pattern);
    condition += (condition.empty() ? "" : " OR ") + name.column + " LIKE " + client::adql_literal(pattern);
  }
  return "SELECT DISTINCT TOP " + std::to_string(kMostSpellings) + " " + name.column + " FROM " +
         query.tables + " WHERE " + condition;
}

// Names of which an archive has some hundred at most: of instruments, collections, telescopes, kinds of data.
bool has_few_values(const std::string& column) {
  const std::string name = lower(column);
  const auto holds = [&name](const char* word) { return name.find(word) != std::string::npos; };
  return holds("instrument") || holds("collection") || holds("facility") || holds("telescope") ||
         holds("dataproduct_type");
}

// ESO's tables are large; it lists these names in small ones.
std::string values_query(const Context& context, const client::Conditions& query,
                         const client::TextEquality& name) {
  const std::string column = lower(name.column);
  if (context.config().browse.eso_tables && column.find("instrument") != std::string::npos)
    return "SELECT name FROM util.docurl WHERE type = 'instrument' ORDER BY name";
  if (context.config().browse.eso_tables && column.find("collection") != std::string::npos)
    return "SELECT name FROM util.collections ORDER BY name";
  return "SELECT DISTINCT TOP " + std::to_string(kMostValues) + " " + name.column + " FROM " + query.tables;
}

// Of several texts that are compared, those that are most likely names that people spell in many ways.
std::vector<client::TextEquality> compared_names(const client::Conditions& query) {
  std::vector<client::TextEquality> names;
  for (const auto& condition : query.each) {
    auto compared = client::text_equality(condition);
    if (compared && bare(compared->value).size() >= 2) names.push_back(*std::move(compared));
  }
  std::stable_partition(names.begin(), names.end(), [](const auto& name) {
    const std::string column = lower(name.column);
    return column.find("target") != std::string::npos || column.find("object") != std::string::npos ||
           has_few_values(column);
  });
  if (names.size() > kMostNames) names.resize(kMostNames);
  return names;
}

// --- the questions ---

cache::QuerySpec small_query(const cache::QuerySpec& like, std::string adql, std::uint64_t rows) {
  cache::QuerySpec query = like;
  query.adql = std::move(adql);
  query.maxrec = rows;
  query.mode = client::QueryMode::kSync;
  return query;
}

struct NearName {
  client::TextEquality name;
  bool few = false;           // all values of the column are asked for
  cache::QuerySpec question;  // other spellings
};

struct NearQuestions {
  std::vector<NearName> names;
  bool alone = false;        // there is one condition
  std::string last;          // condition; "": it is the only one
  cache::QuerySpec without;  // with last: the number of rows without it
};

NearQuestions questions_near(const Context& context, const cache::QuerySpec& query) {
  NearQuestions near;
  auto conditions = client::conditions_of(query.adql);
  if (!conditions) return near;
  near.alone = conditions->each.size() == 1;
  for (auto& name : compared_names(*conditions)) {
    const bool few = has_few_values(name.column);
    auto question = few ? small_query(query, values_query(context, *conditions, name), kMostValues)
                        : small_query(query, spelling_query(*conditions, name), kMostSpellings);
    near.names.push_back({std::move(name), few, std::move(question)});
  }
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

// Up to three of the names, the nearest first.
std::vector<std::string> nearest_of(const std::string& word, std::vector<std::string> names) {
  std::vector<std::string> near;
  while (near.size() < kMostNearest) {
    std::string best = nearest(word, names);
    if (best.empty()) break;
    std::erase(names, best);
    near.push_back(std::move(best));
  }
  return near;
}

std::string spelling_sentence(const NearName& near, bool alone, const cache::Listing& answer) {
  const auto& name = near.name;
  std::vector<std::string> others;
  std::vector<std::string> all;
  for (std::uint64_t i = 0; i < answer.rows(); ++i) {
    const auto row = answer.row(i);
    if (!row || row->empty()) continue;
    const std::string text(trimmed(value_text(row->front()), " "));
    if (text == name.value)
      return name.column + " '" + text + "' exists; " +
             (alone ? "this table has no row of it" : "another condition leaves no row");
    if (bare(text) == bare(name.value)) others.push_back(text);
    if (!text.empty()) all.push_back(text);
  }
  if (others.size() > kMostNear) others.resize(kMostNear);
  const std::string none = "no " + name.column + " is '" + name.value + "'";
  if (!others.empty()) return none + ", but there is " + in_quotes(others);
  if (const auto best = nearest_of(name.value, all); !best.empty())
    return none + "; the nearest: " + in_quotes(best);
  return near.few && !all.empty() && all.size() <= kMostListed ? none + ", but one of " + in_quotes(all)
                                                               : std::string();
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
  for (const auto& name : nearest_of(unknown.name, std::move(names)))
    text += (text.empty() ? "" : ", ") + name;
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
    const NearQuestions near = questions_near(context, query);
    for (const auto& name : near.names) ask_quietly(context, name.question, cause);
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
    const NearQuestions near = questions_near(context, query);
    for (const auto& name : near.names) {
      if (const auto answer = known(name.question)) add(spelling_sentence(name, near.alone, *answer));
    }
    if (const auto answer = known(near.without)) add(count_sentence(near.last, *answer));
  }
  return sentences;
}

bool awaits_near_misses(Context& context, const cache::QuerySpec& query) {
  const auto awaited = [&catalog = context.catalog()](const cache::QuerySpec& asked) {
    if (asked.adql.empty()) return false;
    const auto state = catalog.state(asked);
    return state.running || (!state.known && !state.error);
  };
  if (const auto refused = context.catalog().state(query).error) {
    const auto unknown = unknown_column(query, *refused);
    return unknown && awaited(unknown->columns);
  }
  const NearQuestions near = questions_near(context, query);
  return awaited(near.without) || std::any_of(near.names.begin(), near.names.end(),
                                              [&](const NearName& name) { return awaited(name.question); });
}

std::string unnamed_datasets(Context& context, const cache::QuerySpec& query) {
  const auto state = context.catalog().state(query);
  if (state.error || !state.known || state.names_datasets) return {};
  const auto tables = client::tables_named(query.adql);
  const bool of_datasets = std::any_of(tables.begin(), tables.end(), [](const std::string& table) {
    const std::string name = lower(table.substr(table.rfind('.') + 1));
    return name == "obscore" || name == "raw";
  });
  const std::string id = context.config().browse.eso_tables ? "dp_id" : "obs_publisher_did";
  bool summed = false;   // its rows are no datasets
  bool renamed = false;  // the SELECT has the column under another name
  bool selected = true;  // before FROM
  client::AdqlTokens tokens(query.adql);
  for (auto token = tokens.next(); token.kind != client::AdqlToken::Kind::kEnd; token = tokens.next()) {
    selected = selected && !token.is_word("from");
    renamed = renamed || (selected && token.is_word(id));
    summed = summed || token.is_word("count") || token.is_word("group") || token.is_word("distinct") ||
             token.is_word("min") || token.is_word("max") || token.is_word("avg") || token.is_word("sum");
  }
  if (!of_datasets || summed) return {};
  if (renamed)
    return "the answer has " + id +
           " under another name, so that no dataset is shown as a file: keep its name, without AS";
  return std::string("no column names the datasets, so that none is shown as a file: add ") +
         (context.config().browse.eso_tables ? "dp_id" : "obs_publisher_did and access_url") +
         " to the SELECT";
}

}  // namespace esofs::fs
