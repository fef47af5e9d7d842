#include "fs/queries/saved_query.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "client/base/nearest.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "fs/queries/header_values.h"

namespace esofs::fs {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";
const std::vector<std::string>& directive_words() {
  static const std::vector<std::string> words_known{"service", "maxrec",  "mode",
                                                    "ttl",     "headers", "headers-of"};
  return words_known;
}

// A word of a comment is a mistyped directive if it begins alike and is about as long: "-- title: …" is a comment.
std::string meant(const std::string& word) {
  std::string known = nearest(word, directive_words());
  if (known.empty() || known.front() != word.front()) return {};
  const auto longer = std::max(known.size(), word.size());
  const auto shorter = std::min(known.size(), word.size());
  return longer - shorter <= 1 ? known : std::string();
}

std::optional<std::uint64_t> positive(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value == 0) return std::nullopt;
  return value;
}

std::optional<std::chrono::seconds> duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = positive(text.substr(0, digits));
  const std::string_view unit = text.substr(digits);
  constexpr std::uint64_t most_seconds = 100ULL * 366 * 86400;
  std::uint64_t factor = 0;
  if (unit.empty() || unit == "s") factor = 1;
  if (unit == "m" || unit == "min") factor = 60;
  if (unit == "h") factor = 3600;
  if (unit == "d") factor = 86400;
  if (!number || factor == 0 || *number > most_seconds / factor) return std::nullopt;
  return std::chrono::seconds(static_cast<std::int64_t>(*number * factor));
}

Error bad_value(const std::string& word, std::string_view value, const char* expected) {
  return {EINVAL, "query.adql: -- " + word + ": '" + safe_name(value) + "' is not " + expected};
}

Result<std::vector<std::string>> keywords_of(std::string_view list) {
  std::vector<std::string> keywords;
  while (true) {
    const auto end = std::min(list.find(','), list.size());
    auto keyword = header_keyword(list.substr(0, end));
    if (!keyword) return keyword.error().at("query.adql: -- headers");
    if (std::find(keywords.begin(), keywords.end(), *keyword) == keywords.end())
      keywords.push_back(*std::move(keyword));
    if (end == list.size()) return keywords;
    list.remove_prefix(end + 1);
  }
}

Result<void> apply_header_word(const std::string& word, std::string_view value, HeaderWish& wish) {
  if (word == "headers") {
    auto keywords = keywords_of(value);
    if (!keywords) return keywords.error();
    wish.keywords = *std::move(keywords);
    wish.chosen = true;
    return {};
  }
  const std::string which = lower(value);
  if (which != "all" && which != "primary") return bad_value(word, value, "all or primary");
  wish.all_units = which == "all";
  return {};
}

bool is_header_word(std::string_view word) { return word == "headers" || word == "headers-of"; }

Result<void> apply(const std::string& word, std::string_view value, cache::QuerySpec& spec) {
  if (is_header_word(word)) {
    HeaderWish unused;
    return apply_header_word(word, value, unused);
  }
  if (word == "service") {
    const bool plain = !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
    });
    if (!plain) return bad_value(word, value, "the name of a service");
    spec.service = value;
  } else if (word == "maxrec") {
    const auto rows = positive(value);
    if (!rows) return bad_value(word, value, "a number of rows, 1 or more");
    spec.maxrec = *rows;
  } else if (word == "mode") {
    const std::string mode = lower(value);
    if (mode != "auto" && mode != "sync" && mode != "async")
      return bad_value(word, value, "auto, sync or async");
    spec.mode = mode == "sync"    ? client::QueryMode::kSync
                : mode == "async" ? client::QueryMode::kAsync
                                  : client::QueryMode::kAuto;
  } else {
    const auto time = duration(value);
    if (!time) return bad_value(word, value, "a time such as 30m, 1h or 7d");
    spec.ttl = *time;
  }
  return {};
}

// "maxrec: 5", "maxrec=5", "maxrec 5", "limit: 5".
struct Directive {
  std::string word;  // in lower case; "" for other comments
  char mark = ' ';   // ':', '=' or ' '
  std::string_view value;
};

Directive read_directive(std::string_view comment) {
  comment = trimmed(comment, kBlank);
  const auto end = std::find_if(comment.begin(), comment.end(),
                                [](unsigned char c) { return std::isalnum(c) == 0 && c != '_'; });
  Directive read;
  read.word = lower(comment.substr(0, static_cast<std::size_t>(end - comment.begin())));
  std::string_view rest = trimmed(comment.substr(read.word.size()), kBlank);
  if (read.word == "headers" && begins_with_any_case(rest, "-of")) {
    read.word += "-of";
    rest = trimmed(rest.substr(3), kBlank);
  }
  if (!rest.empty() && (rest.front() == ':' || rest.front() == '=')) {
    read.mark = rest.front();
    rest = trimmed(rest.substr(1), kBlank);
  }
  read.value = rest;
  return read;
}

// The directive that is meant by a word; "" none.
std::string directive_meant(const std::string& word) {
  if (word.empty()) return {};
  const auto& words = directive_words();
  if (std::find(words.begin(), words.end(), word) != words.end()) return word;
  // What other languages and services call the number of rows.
  constexpr std::array<std::string_view, 6> rows{"limit", "top", "rows", "maxrows", "nrows", "row_limit"};
  if (std::find(rows.begin(), rows.end(), word) != rows.end()) return "maxrec";
  return meant(word);
}

// "OBJECT, EXPTIME" and "ra, dec", but not "of science frames": keywords as headers write them, or those that everybody wants.
bool looks_like_keywords(std::string_view list) {
  const auto usual = header_wish("").keywords;
  const auto keywords = keywords_of(list);
  if (!keywords) return false;
  const bool small =
      std::any_of(list.begin(), list.end(), [](unsigned char c) { return std::islower(c) != 0; });
  return !small || std::all_of(keywords->begin(), keywords->end(), [&usual](const auto& keyword) {
    return std::find(usual.begin(), usual.end(), keyword) != usual.end();
  });
}

// Whether what follows a directive's word without a mark is a value, not the rest of a sentence: "-- service mode" and
// "-- headers of science frames" are an astronomer's comments.
bool looks_like_value(const std::string& word, std::string_view value,
                      const std::vector<std::string>& services) {
  if (word == "service")
    return value == "ssap" || std::find(services.begin(), services.end(), value) != services.end();
  return word != "headers" || looks_like_keywords(value);
}

// The right form of a comment that looks like a directive with a valid value; "" for other comments.
std::string right_form(const Directive& read, const std::vector<std::string>& services) {
  const std::string known = directive_meant(read.word);
  if (known.empty() || (read.mark == ' ' && !looks_like_value(known, read.value, services))) return {};
  cache::QuerySpec unused;
  if (!apply(known, read.value, unused)) return {};
  return "-- " + known + ": " + std::string(read.value);
}

// One comment line before the query, without its "--". Other comments than directives change nothing.
Result<void> read_comment(std::string_view comment, const std::vector<std::string>& services,
                          cache::QuerySpec& spec) {
  const Directive read = read_directive(comment);
  const auto& words = directive_words();
  const bool known = std::find(words.begin(), words.end(), read.word) != words.end();
  if (known && read.mark == ':') return apply(read.word, read.value, spec);
  const std::string mistyped = read.mark == ':' ? meant(read.word) : std::string();
  if (!mistyped.empty())
    return Error(EINVAL,
                 "query.adql: unknown directive '" + read.word + "'; did you mean '" + mistyped + "'?");
  const std::string form = right_form(read, services);
  if (form.empty()) return {};
  return Error(EINVAL, "query.adql: '--" + safe_name(comment) + "' is no directive; write '" + form + "'");
}

// The comments inside the query.
std::vector<std::string_view> comments_of(std::string_view adql) {
  std::vector<std::string_view> comments;
  for (std::size_t i = 0; i < adql.size(); ++i) {
    if (adql[i] == '\'' || adql[i] == '"') {
      i = std::min(adql.find(adql[i], i + 1), adql.size());
    } else if (adql.substr(i, 2) == "--") {
      const std::size_t end = std::min(adql.find('\n', i), adql.size());
      comments.push_back(trimmed(adql.substr(i + 2, end - i - 2), kBlank));
      i = end;
    }
  }
  return comments;
}

// A directive inside the query would be a comment, which changes nothing.
Result<void> check_comments(std::string_view adql, const std::vector<std::string>& services) {
  for (const auto comment : comments_of(adql)) {
    const std::string form = right_form(read_directive(comment), services);
    if (!form.empty())
      return Error(EINVAL, "query.adql: '-- " + safe_name(comment) +
                               "' stands behind the beginning of the query, where it is only a comment; "
                               "write '" +
                               form + "' on a line before the query");
  }
  return {};
}

// A quote of a word processor outside of texts and comments, where no query can have one; "" none.
std::string typographic_quote(std::string_view adql) {
  for (std::size_t i = 0; i < adql.size(); ++i) {
    const char c = adql[i];
    const std::string_view here = adql.substr(i, 3);
    if (c == '\'' || c == '"') {
      i = std::min(adql.find(c, i + 1), adql.size());
    } else if (here.starts_with("--")) {
      i = std::min(adql.find('\n', i), adql.size());
    } else if (here.starts_with("\xe2\x80") && here.size() == 3 && here[2] >= '\x98' && here[2] <= '\x9f') {
      return std::string(here);
    }
  }
  return {};
}

// What shows that a text was saved before it was finished: an open quote or parenthesis. "" if nothing does.
std::string left_open(std::string_view adql) {
  int depth = 0;
  for (std::size_t i = 0; i < adql.size(); ++i) {
    const char c = adql[i];
    if (c == '\'' || c == '"') {
      i = adql.find(c, i + 1);
      if (i == std::string_view::npos) return std::string("a ") + c + " is never closed";
    } else if (c == '-' && adql.substr(i, 2) == "--") {
      i = std::min(adql.find('\n', i), adql.size());
    } else if (c == '(') {
      ++depth;
    } else if (c == ')') {
      --depth;
    }
  }
  return depth > 0 ? "a ( is never closed" : "";
}

// Whether what stands before a quoted part makes it a value: = <> != LIKE IN(
bool compares(std::string_view before) {
  const std::string text = lower(trimmed(before, kBlank));
  if (text.ends_with("=") || text.ends_with("<>") || text.ends_with(" like") || text.ends_with("\nlike"))
    return true;
  if (!text.ends_with("(")) return false;
  const std::string_view list = trimmed(std::string_view(text).substr(0, text.size() - 1), kBlank);
  return list.ends_with(" in") || list.ends_with("\nin");
}

// The number of "… LIMIT 10"; "" if it does not end so.
std::string limit_at_end(std::string_view adql) {
  constexpr std::string_view kWord = "limit";
  const std::string text = lower(trimmed(adql, " \t\r\n;"));
  const auto digits = text.find_last_not_of("0123456789");
  if (digits == std::string::npos || digits + 1 == text.size()) return {};
  const std::string_view before = trimmed(std::string_view(text).substr(0, digits + 1), kBlank);
  const bool limit = before.size() > kWord.size() && before.size() <= digits && before.ends_with(kWord) &&
                     kBlank.find(before[before.size() - kWord.size() - 1]) != std::string_view::npos;
  return limit ? text.substr(digits + 1) : std::string();
}

}  // namespace

std::string advice(std::string_view adql) {
  if (const auto rows = limit_at_end(adql); !rows.empty())
    return "ADQL has no LIMIT: begin with SELECT TOP " + rows;
  for (std::size_t i = 0; i < adql.size(); ++i) {
    const char c = adql[i];
    if (c == '\'' || c == '"') {
      const std::size_t end = std::min(adql.find(c, i + 1), adql.size());
      const std::string text(adql.substr(i + 1, end - i - 1));
      if (c == '"' && compares(adql.substr(0, i)))
        return "text goes in single quotes: write '" + text + "'; \"" + text + "\" is the name of a column";
      i = end;
    } else if (c == '-' && adql.substr(i, 2) == "--") {
      i = std::min(adql.find('\n', i), adql.size());
    }
  }
  return {};
}

HeaderWish header_wish(std::string_view text) {
  HeaderWish wish;
  for (const char* keyword :
       {"OBJECT", "INSTRUME", "DATE-OBS", "MJD-OBS", "EXPTIME", "RA", "DEC", "ESO DPR CATG", "ESO DPR TYPE",
        "ESO DPR TECH", "ESO PRO CATG", "ESO TPL ID", "ESO OBS PROG ID", "ESO OBS ID"})
    wish.keywords.emplace_back(keyword);
  while (true) {
    text = trimmed(text, kBlank);
    if (!text.starts_with("--")) return wish;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const Directive read = read_directive(text.substr(2, end - 2));
    if (is_header_word(read.word) && read.mark == ':') (void)apply_header_word(read.word, read.value, wish);
    text.remove_prefix(end);
  }
}

Result<cache::QuerySpec> parse_saved_query(std::string_view text, const cache::QuerySpec& defaults,
                                           const std::vector<std::string>& services) {
  cache::QuerySpec spec = defaults;
  if (text.starts_with("\xef\xbb\xbf"))
    text.remove_prefix(3);  // the byte order mark that Windows editors write
  if (text.find('\0') != std::string_view::npos)
    return Error(EINVAL, "query.adql is not a text: it holds a NUL byte");
  while (true) {
    text = trimmed(text, kBlank);
    if (!text.starts_with("--")) break;
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (auto read = read_comment(text.substr(2, end - 2), services, spec); !read) return read.error();
    text.remove_prefix(end);
  }
  if (text.ends_with(';'))
    text = trimmed(text.substr(0, text.size() - 1), kBlank);  // the habit of SQL clients
  if (const std::string quote = typographic_quote(text); !quote.empty())
    return Error(EINVAL, "query.adql: " + quote + " is a quote of a word processor: write plain '");
  if (const std::string open = left_open(text); !open.empty())
    return Error(EINVAL, "query.adql was saved half-written: " + open);
  if (auto checked = check_comments(text, services); !checked) return checked.error();
  spec.adql = text;
  return spec;
}

}  // namespace esofs::fs
