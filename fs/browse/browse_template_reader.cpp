#include "fs/browse/browse_template_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

#include "client/base/nearest.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "fs/queries/saved_query.h"
#include "fs/tree/names.h"

namespace esofs::fs {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";
constexpr std::size_t kMostBytes = 64U << 10U;
constexpr std::size_t kMostComponents = 4;

bool is_word(std::string_view text) {
  return !text.empty() && text.size() <= 60 && std::isalpha(static_cast<unsigned char>(text.front())) != 0 &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

bool is_placeholder_name(std::string_view text) {
  return !text.empty() && std::islower(static_cast<unsigned char>(text.front())) != 0 &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return std::islower(c) != 0 || std::isdigit(c) != 0 || c == '_';
         });
}

std::string escaped_for_regex(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) out += '\\';
    out += c;
  }
  return out;
}

// The group of a pattern that catches an argument of a type; parse_argument() checks what it catches.
std::string group_of(ArgumentType type) {
  const bool any = type == ArgumentType::kText || type == ArgumentType::kObject;
  return any ? "([^/]+?)" : "([^/_]+)";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + (word.empty() ? "none" : "." + word);
  return out;
}

}  // namespace

Result<void> BrowseTemplate::Reader::read() {
  if (auto name = read_name(); !name) return name;
  if (made_.text_.size() > kMostBytes)
    return wrong(0, "is larger than " + std::to_string(kMostBytes >> 10U) + " KiB");
  if (made_.text_.find('\0') != std::string::npos) return wrong(0, "is not a text");
  if (auto head = read_head(); !head) return head;
  if (auto path = read_path(); !path) return path;
  if (auto body = read_body(); !body) return body;
  if (!path_line_) path_of_each_placeholder();
  return check();
}

Error BrowseTemplate::Reader::wrong(std::size_t line, const std::string& what) const {
  return {EINVAL, "template " + safe_name(made_.file_) +
                      (line == 0 ? ": " : ", line " + std::to_string(line) + ": ") + what};
}

Result<void> BrowseTemplate::Reader::read_name() {
  std::string_view stem = made_.file_;
  if (stem.ends_with(kAdqlExtension)) stem.remove_suffix(kAdqlExtension.size());
  const auto point = stem.find('.');
  made_.group_ = stem.substr(0, point);
  if (point != std::string_view::npos) made_.leaf_ = stem.substr(point + 1);
  if (is_word(made_.group_) && (point == std::string_view::npos || is_word(made_.leaf_))) return {};
  return wrong(0, "the name must be NAME.adql or NAME.PART.adql, of letters, digits, '_' and '-'");
}

Result<void> BrowseTemplate::Reader::read_head() {
  const std::string& text = made_.text_;
  std::size_t at = text.starts_with("\xef\xbb\xbf") ? 3 : 0;
  for (; at < text.size(); ++line_) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view whole = trimmed(std::string_view(text).substr(at, end - at), kBlank);
    if (!whole.empty() && !whole.starts_with("--")) break;
    if (auto read = read_comment(whole); !read) return read;
    at = std::min(end + 1, text.size());
  }
  body_at_ = at;
  body_line_ = line_;
  return {};
}

Result<void> BrowseTemplate::Reader::read_comment(std::string_view whole) {
  if (whole.empty()) return {};
  const std::string_view comment = trimmed(whole.substr(2), kBlank);
  const std::size_t colon = comment.find(':');
  const std::string_view word = trimmed(comment.substr(0, colon), kBlank);
  const std::string_view value =
      colon == std::string_view::npos ? "" : trimmed(comment.substr(colon + 1), kBlank);
  if (word == "path" && colon != std::string_view::npos) {
    made_.path_ = value;
    path_line_ = line_;
    return {};
  }
  if (word == "narrow" && colon != std::string_view::npos) {
    const bool name = !value.empty() && std::all_of(value.begin(), value.end(), [](unsigned char c) {
      return std::isalnum(c) != 0 || c == '_';
    });
    if (!name || made_.url_parameters_)
      return wrong(line_, "-- narrow: '" + safe_name(value) + "' is no column");
    made_.narrow_ = value;
    return {};
  }
  for (auto* queries : {&list_, &near_, &without_, &recent_}) {
    if (!word.starts_with(queries->word + " ") || colon == std::string_view::npos) continue;
    const std::string name(trimmed(word.substr(queries->word.size()), kBlank));
    if (value.empty()) return wrong(line_, "-- " + queries->word + " " + safe_name(name) + ": no query");
    queries->by_placeholder[name] = {std::string(value), line_};
    return {};
  }
  const auto directive = parse_saved_query(whole);
  if (!directive) return wrong(line_, directive.error().what());
  if (!directive->service.empty()) made_.url_parameters_ = directive->service == "ssap";
  constexpr std::array<std::string_view, 4> directives{"service", "maxrec", "mode", "ttl"};
  const bool is_directive = std::find(directives.begin(), directives.end(), word) != directives.end();
  if (made_.title_.empty() && !is_directive) made_.title_ = comment;
  if (is_directive) directives_ += std::string(whole) + "\n";
  made_.head_.emplace_back(whole);
  return {};
}

Result<BrowseTemplate::Piece> BrowseTemplate::Reader::read_placeholder(std::string_view text, std::size_t& at,
                                                                       std::size_t line, bool in_path) {
  const std::size_t end = text.find('}', at);
  if (end == std::string_view::npos) return wrong(line, "a { is never closed");
  std::string_view inside = text.substr(at, end - at);
  at = end + 1;
  const std::string shown = "{" + safe_name(inside) + "}";
  std::optional<std::string> default_value;
  if (const auto equals = inside.find('='); equals != std::string_view::npos) {
    if (!in_path) return wrong(line, shown + ": a default belongs into -- path:");
    default_value = inside.substr(equals + 1);
    inside = inside.substr(0, equals);
  }
  Piece piece;
  if (const auto point = inside.rfind('.'); point != std::string_view::npos) {
    piece.member = inside.substr(point + 1);
    inside = inside.substr(0, point);
  }
  const auto colon = inside.find(':');
  piece.placeholder = inside.substr(0, colon);
  if (!is_placeholder_name(piece.placeholder))
    return wrong(line, shown + ": a placeholder's name has small letters, digits and '_'");
  auto known = made_.placeholders_.find(piece.placeholder);
  if (colon != std::string_view::npos) {
    const std::string word(inside.substr(colon + 1));
    const auto type = argument_type(word);
    if (!type) return wrong(line, shown + ": no type '" + safe_name(word) + "'" + nearest_type(word));
    if (known != made_.placeholders_.end() && known->second.type != *type)
      return wrong(line, shown + ": it has another type before");
    if (known == made_.placeholders_.end()) {
      known = made_.placeholders_.emplace(piece.placeholder, Placeholder{*type, ""}).first;
      order_.push_back(piece.placeholder);
    }
  } else if (known == made_.placeholders_.end()) {
    return wrong(line, shown + ": no type; write {" + piece.placeholder + ":text}" + nearest_type(""));
  }
  if (in_path && !piece.member.empty()) return wrong(line, shown + ": a name has no members");
  const auto members = argument_members(known->second.type);
  if (!in_path && std::find(members.begin(), members.end(), piece.member) == members.end())
    return wrong(line, shown + ": its members are " + joined(members));
  if (default_value) {
    if (!parse_argument(known->second.type, *default_value, true))
      return wrong(line, shown + ": '" + safe_name(*default_value) + "' is no value of its type with a unit");
    known->second.default_value = *default_value;
  }
  return piece;
}

std::string BrowseTemplate::Reader::nearest_type(const std::string& word) {
  std::vector<std::string> words;
  std::string all;
  for (const auto& [known, type] : argument_types()) {
    words.push_back(known);
    all += (all.empty() ? "" : ", ") + known;
  }
  const std::string meant = word.empty() ? "" : nearest(word, words);
  return meant.empty() ? "; the types are " + all : "; did you mean '" + meant + "'?";
}

Result<void> BrowseTemplate::Reader::read_path() {
  if (!path_line_) return {};
  std::string_view rest = made_.path_;
  std::vector<std::string> seen;
  while (true) {
    const std::size_t slash = rest.find('/');
    Component component;
    if (auto read = read_component(rest.substr(0, slash), component, seen); !read) return read;
    made_.components_.push_back(std::move(component));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (made_.components_.size() > kMostComponents) return wrong(*path_line_, "more than 4 directories");
  return {};
}

Result<void> BrowseTemplate::Reader::read_component(std::string_view text, Component& component,
                                                    std::vector<std::string>& seen) {
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] == '{') {
      auto piece = read_placeholder(text, ++at, *path_line_, true);
      if (!piece) return piece.error();
      if (std::find(seen.begin(), seen.end(), piece->placeholder) != seen.end())
        return wrong(*path_line_, "{" + piece->placeholder + "} stands in the path twice");
      if (!component.pieces.empty() && component.pieces.back().text.empty())
        return wrong(*path_line_, "two placeholders need a text between them, such as '_'");
      seen.push_back(piece->placeholder);
      component.pieces.push_back(std::move(*piece));
    } else {
      const std::size_t end = std::min(text.find('{', at), text.size());
      const std::string between(text.substr(at, end - at));
      if (portable_name(between) != between || between.empty())
        return wrong(*path_line_, "a name has letters, digits and . _ - + ~ only, not '" + between + "'");
      component.pieces.push_back({between, "", ""});
      at = end;
    }
  }
  const bool any = std::any_of(component.pieces.begin(), component.pieces.end(),
                               [](const Piece& piece) { return !piece.placeholder.empty(); });
  if (!any) return wrong(*path_line_, "each directory of a path needs a placeholder");
  return make_pattern(component);
}

Result<void> BrowseTemplate::Reader::make_pattern(Component& component) {
  std::string pattern;
  const auto& pieces = component.pieces;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    if (pieces[i].placeholder.empty()) {
      const bool optional = i + 2 == pieces.size() && i > 0 && has_default(pieces[i + 1]);
      pattern += (optional ? "(?:" : "") + escaped_for_regex(pieces[i].text);
      continue;
    }
    const auto type = made_.placeholders_.at(pieces[i].placeholder).type;
    pattern += group_of(type);
    if (!has_default(pieces[i])) continue;
    if (i + 1 != pieces.size() || i < 2)
      return wrong(*path_line_, "only the last placeholder of a name, after another, may have a default");
    pattern += ")?";
  }
  component.pattern = std::regex(pattern);
  return {};
}

bool BrowseTemplate::Reader::has_default(const Piece& piece) const {
  return !piece.placeholder.empty() && !made_.placeholders_.at(piece.placeholder).default_value.empty();
}

Result<void> BrowseTemplate::Reader::read_body() {
  const std::string_view text = std::string_view(made_.text_).substr(body_at_);
  std::string plain;
  std::size_t line = body_line_;
  for (std::size_t at = 0; at < text.size();) {
    const char c = text[at];
    if (c == '\n') ++line;
    const bool quote = !made_.url_parameters_ && (c == '\'' || c == '"');
    const bool comment = !made_.url_parameters_ && text.substr(at, 2) == "--";
    if (quote || comment) {
      const std::size_t end = std::min(text.find(quote ? c : '\n', at + 1), text.size());
      const std::string_view part = text.substr(at, end + (quote ? 1 : 0) - at);
      if (quote && part.find('{') != std::string_view::npos)
        return wrong(line, "a placeholder inside quotes: write it without, esofs quotes texts itself");
      line += static_cast<std::size_t>(std::count(part.begin(), part.end(), '\n'));
      plain += part;
      at += std::max<std::size_t>(part.size(), 1);
    } else if (c == '{') {
      auto piece = read_placeholder(text, ++at, line, false);
      if (!piece) return piece.error();
      made_.body_.push_back({std::exchange(plain, ""), "", ""});
      made_.body_.push_back(std::move(*piece));
    } else {
      plain += c;
      ++at;
    }
  }
  made_.body_.push_back({plain, "", ""});
  return {};
}

void BrowseTemplate::Reader::path_of_each_placeholder() {
  for (const auto& name : order_) {
    const auto type = made_.placeholders_.at(name).type;
    made_.components_.push_back({{{"", name, ""}}, std::regex(group_of(type))});
    made_.path_ += (made_.path_.empty() ? "{" : "/{") + name + "}";
  }
}

Result<void> BrowseTemplate::Reader::check() {
  if (trimmed(std::string_view(made_.text_).substr(body_at_), kBlank).empty())
    return wrong(0, "there is no query in it");
  if (made_.components_.empty()) return wrong(0, "it has no placeholder; such a query belongs into queries/");
  for (const auto& name : order_) {
    const bool in_path =
        std::any_of(made_.components_.begin(), made_.components_.end(), [&name](const Component& component) {
          return std::any_of(component.pieces.begin(), component.pieces.end(),
                             [&name](const Piece& piece) { return piece.placeholder == name; });
        });
    if (!in_path) return wrong(path_line_.value_or(0), "{" + name + "} is missing in -- path:");
    made_.names_objects_ = made_.names_objects_ || made_.placeholders_.at(name).type == ArgumentType::kObject;
  }
  for (const auto& [name, query] : list_.by_placeholder) {
    if (!is_of_type(name, {ArgumentType::kText}))
      return wrong(query.line, "-- list " + safe_name(name) + ": no placeholder of type text");
    made_.lists_[name] = query.adql;
  }
  if (auto derived = derive(); !derived) return derived;
  std::string plain;  // with harmless values, as far as open quotes and parentheses go
  for (const auto& piece : made_.body_) plain += piece.placeholder.empty() ? piece.text : "1";
  if (auto query = parse_saved_query(plain); !query) return wrong(0, query.error().what());
  return {};
}

bool BrowseTemplate::Reader::is_of_type(const std::string& name,
                                        const std::vector<ArgumentType>& types) const {
  const auto known = made_.placeholders_.find(name);
  return known != made_.placeholders_.end() &&
         std::find(types.begin(), types.end(), known->second.type) != types.end();
}

Result<void> BrowseTemplate::Reader::derive() {
  for (const auto& [name, query] : near_.by_placeholder) {
    if (!is_of_type(name, {ArgumentType::kText, ArgumentType::kProgramme}) || !path_line_)
      return wrong(query.line,
                   "-- near " + safe_name(name) + ": no placeholder of type text or programme in -- path:");
    auto near = derived(made_.path_, "", query, "-- near " + name);
    if (!near) return near.error();
    made_.near_.emplace(name, *std::move(near));
  }
  for (const auto& [name, query] : recent_.by_placeholder) {
    if (!is_of_type(name, {ArgumentType::kNight}) || !path_line_)
      return wrong(query.line, "-- recent " + safe_name(name) + ": no placeholder of type night in -- path:");
    auto recent = derived(made_.path_, "", query, "-- recent " + name);
    if (!recent) return recent.error();
    made_.recent_.emplace(name, *std::move(recent));
  }
  for (const auto& [name, query] : without_.by_placeholder) {
    const auto level =
        std::find_if(made_.components_.begin(), made_.components_.end(), [&name = name](const auto& c) {
          return c.pieces.size() == 1 && c.pieces.front().placeholder == name;
        });
    if (level == made_.components_.end() || made_.components_.size() < 2)
      return wrong(query.line,
                   "-- without " + safe_name(name) + ": no directory of -- path: that can be left out");
    auto rest = derived(path_without(static_cast<std::size_t>(level - made_.components_.begin())),
                        directives_, query, "-- without " + name);
    if (!rest) return rest.error();
    made_.without_.emplace(name, *std::move(rest));
  }
  return {};
}

std::string BrowseTemplate::Reader::path_without(std::size_t level) const {
  std::string path;
  std::string_view rest = made_.path_;
  for (std::size_t i = 0; i < made_.components_.size(); ++i) {
    const auto slash = rest.find('/');
    if (i != level) path += (path.empty() ? "" : "/") + std::string(rest.substr(0, slash));
    rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  }
  return path;
}

Result<std::shared_ptr<const BrowseTemplate>> BrowseTemplate::Reader::derived(const std::string& path,
                                                                              const std::string& directives,
                                                                              const Query& query,
                                                                              const std::string& what) const {
  auto made = parse(made_.file_, directives + "-- path: " + path + "\n" + query.adql + "\n");
  if (made) return std::make_shared<const BrowseTemplate>(*std::move(made));
  const std::string begins = "template " + safe_name(made_.file_);
  std::string error = made.error().what();
  // Its lines are not those of the file.
  if (error.starts_with(begins)) error.erase(0, error.find(": ", begins.size()) + 2);
  return wrong(query.line, what + ": " + error);
}

}  // namespace esofs::fs
