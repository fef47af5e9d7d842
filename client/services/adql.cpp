#include "client/services/adql.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "client/adql/adql_tokens.h"
#include "client/base/nearest.h"
#include "client/base/text.h"

namespace esofs::client {

namespace {

using Token = AdqlToken;
using Tokens = AdqlTokens;

bool ends_from(const std::string& word) {
  constexpr std::array words{"select", "where", "group",  "having",   "order",
                             "offset", "union", "except", "intersect"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Walks the tokens; one level for each open parenthesis, since a subquery has a FROM of its own.
class TableFinder {
 public:
  explicit TableFinder(std::string_view adql) : tokens_(adql) {}

  std::vector<std::string> find() {
    for (Token token = tokens_.next(); token.kind != Token::Kind::kEnd;) token = take(token);
    return std::move(tables_);
  }

 private:
  struct Level {
    bool from = false;      // between FROM and the next clause
    bool expected = false;  // a table comes next
  };

  // Returns the first token not taken.
  Token take(const Token& token) {
    Level& level = levels_.back();
    const bool identifier = token.kind == Token::Kind::kWord || token.kind == Token::Kind::kQuoted;
    if (token.kind == Token::Kind::kWord) {
      const auto word = lower(token.text);
      if (word == "from" || word == "join") {
        level = {true, true};
        return tokens_.next();
      }
      if (ends_from(word)) {
        level = {};
        return tokens_.next();
      }
    }
    if (identifier && level.expected) {
      level.expected = false;
      return take_name(token);
    }
    if (token.text == "(" && token.kind == Token::Kind::kSign) {
      const Level inner{level.expected, level.expected};
      level.expected = false;
      levels_.push_back(inner);
    } else if (token.text == ")" && token.kind == Token::Kind::kSign) {
      if (levels_.size() > 1) levels_.pop_back();
    } else if (token.text == "," && token.kind == Token::Kind::kSign) {
      level.expected = level.from;
    }
    return tokens_.next();
  }

  Token take_name(const Token& first) {
    std::string name = first.text;
    Token token = tokens_.next();
    while (token.kind == Token::Kind::kSign && token.text == ".") {
      token = tokens_.next();
      name.append(".").append(token.text);
      token = tokens_.next();
    }
    if (std::find(tables_.begin(), tables_.end(), name) == tables_.end()) tables_.push_back(name);
    return token;
  }

  Tokens tokens_;
  std::vector<Level> levels_{Level{}};
  std::vector<std::string> tables_;
};

// "ivoa" of "ivoa.ObsCore" and of "catalogue.ivoa.ObsCore"; "" of a bare name.
std::string schema_of(const std::string& table) {
  const auto dot = table.rfind('.');
  if (dot == std::string::npos) return "";
  const auto before = table.rfind('.', dot == 0 ? 0 : dot - 1);
  const auto begin = before == std::string::npos ? 0 : before + 1;
  return lower(std::string_view(table).substr(begin, dot - begin));
}

const TapService* holder_of(const Profile& profile, const std::string& schema) {
  for (const auto& service : profile.tap) {
    for (const auto& held : service.schemas) {
      if (lower(held) == schema) return &service;
    }
  }
  return nullptr;
}

}  // namespace

std::vector<std::string> tables_named(std::string_view adql) { return TableFinder(adql).find(); }

Result<const TapService*> service_of(const Profile& profile, std::string_view adql) {
  const TapService* found = nullptr;
  std::string found_by;
  for (const auto& table : tables_named(adql)) {
    const auto* service = holder_of(profile, schema_of(table));
    if (service == nullptr || service == found) continue;
    if (found != nullptr)
      return Error(EINVAL, "the tables " + found_by + " and " + table + " belong to two services, " +
                               found->name + " and " + service->name + ", which cannot be joined");
    found = service;
    found_by = table;
  }
  if (found != nullptr) return found;
  return &profile.tap.front();
}

Result<std::vector<const TapService*>> services_of(const Profile& profile, std::string_view adql) {
  auto likeliest = service_of(profile, adql);
  if (!likeliest) return likeliest.error();
  std::vector<const TapService*> services{*likeliest};
  bool bare = false;
  for (const auto& table : tables_named(adql)) {
    const auto schema = schema_of(table);
    if (holder_of(profile, schema) != nullptr) return services;
    bare = bare || schema.empty();
  }
  if (!bare) return services;
  for (const auto& service : profile.tap) {
    if (&service != *likeliest) services.push_back(&service);
  }
  return services;
}

Result<const TapService*> service_named(const Profile& profile, const std::string& name) {
  std::vector<std::string> names;
  for (const auto& service : profile.tap) {
    if (service.name == name) return &service;
    names.push_back(service.name);
  }
  if (!profile.ssap_url.empty()) names.emplace_back("ssap");  // of saved queries; not by TAP
  const auto meant = nearest(name, names);
  std::string hint;
  if (!meant.empty()) {
    hint = " (did you mean '" + meant + "'?)";
  } else {
    for (const auto& known : names) hint += (hint.empty() ? "; there is " : ", ") + known;
  }
  return Error(EINVAL, "archive " + profile.name + " has no TAP service '" + name + "'" + hint);
}

bool has_top(std::string_view adql, std::uint64_t rows) {
  const std::string wanted = std::to_string(rows);
  Tokens tokens(adql);
  bool top = false;
  for (Token token = tokens.next(); token.kind != Token::Kind::kEnd; token = tokens.next()) {
    const bool word = token.kind == Token::Kind::kWord;
    if (top && word && token.text == wanted) return true;
    top = word && same_word(token.text, "TOP");
  }
  return false;
}

std::string adql_literal(std::string_view text) {
  std::string literal = "'";
  for (const char c : text) literal.append(c == '\'' ? 2 : 1, c);
  literal += '\'';
  return literal;
}

std::string normalised_adql(std::string_view adql) {
  std::string result;
  Tokens tokens(adql);
  std::size_t end = 0;
  for (Token token = tokens.next(); token.kind != Token::Kind::kEnd; token = tokens.next()) {
    if (!result.empty() && token.begin > end) result += ' ';
    result += adql.substr(token.begin, token.end - token.begin);
    end = token.end;
  }
  return result;
}

}  // namespace esofs::client
