#include "fs/browse/browse_template.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <utility>

#include "client/base/nearest.h"
#include "client/base/safe_name.h"
#include "client/base/text.h"
#include "client/http/url.h"
#include "client/services/adql.h"
#include "fs/queries/saved_query.h"

namespace esofs::fs {
namespace {

constexpr std::string_view kBlank = " \t\r\n\v\f";
constexpr std::size_t kMostBytes = 64U << 10U;
constexpr std::size_t kMostComponents = 4;
constexpr std::string_view kExtension = ".adql";

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

// Which texts may be an argument of a type, as a group of a pattern: parse_argument() judges what it catches.
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

// Reads one file. Each function gives the sentence of what is wrong; "" where nothing is.
class BrowseTemplate::Reader {
 public:
  explicit Reader(BrowseTemplate& made) : made_(made) {}

  Result<void> read() {
    if (auto name = read_name(); !name) return name;
    if (made_.text_.size() > kMostBytes) return wrong(0, "is larger than 64 KiB");
    if (made_.text_.find('\0') != std::string::npos) return wrong(0, "is not a text");
    if (auto head = read_head(); !head) return head;
    if (auto path = read_path(); !path) return path;
    if (auto body = read_body(); !body) return body;
    if (!path_line_) path_of_each_placeholder();
    return check();
  }

 private:
  Error wrong(std::size_t line, const std::string& what) const {
    return {EINVAL, "template " + safe_name(made_.file_) +
                        (line == 0 ? ": " : ", line " + std::to_string(line) + ": ") + what};
  }

  Result<void> read_name() {
    std::string_view stem = made_.file_;
    if (stem.ends_with(kExtension)) stem.remove_suffix(kExtension.size());
    const auto point = stem.find('.');
    made_.group_ = stem.substr(0, point);
    if (point != std::string_view::npos) made_.leaf_ = stem.substr(point + 1);
    if (is_word(made_.group_) && (point == std::string_view::npos || is_word(made_.leaf_))) return {};
    return wrong(0, "the name must be NAME.adql or NAME.PART.adql, of letters, digits, '_' and '-'");
  }

  // The comments at the beginning.
  Result<void> read_head() {
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

  Result<void> read_comment(std::string_view whole) {
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
    if (word.starts_with("list ") && colon != std::string_view::npos) {
      const std::string name(trimmed(word.substr(5), kBlank));
      if (value.empty()) return wrong(line_, "-- list " + safe_name(name) + ": no query");
      made_.lists_[name] = value;
      list_lines_[name] = line_;
      return {};
    }
    const auto directive = parse_saved_query(whole);
    if (!directive) return wrong(line_, directive.error().what());
    if (!directive->service.empty()) made_.url_parameters_ = directive->service == "ssap";
    constexpr std::array<std::string_view, 4> directives{"service", "maxrec", "mode", "ttl"};
    const bool is_directive = std::find(directives.begin(), directives.end(), word) != directives.end();
    if (made_.title_.empty() && !is_directive) made_.title_ = comment;
    made_.head_.emplace_back(whole);
    return {};
  }

  // What stands between { and }: "name", "name:type", "name:type=default", "name.member". `at` is behind the {.
  Result<Piece> read_placeholder(std::string_view text, std::size_t& at, std::size_t line, bool in_path) {
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
        return wrong(line,
                     shown + ": '" + safe_name(*default_value) + "' is no value of its type with a unit");
      known->second.default_value = *default_value;
    }
    return piece;
  }

  static std::string nearest_type(const std::string& word) {
    std::vector<std::string> words;
    std::string all;
    for (const auto& [known, type] : argument_types()) {
      words.push_back(known);
      all += (all.empty() ? "" : ", ") + known;
    }
    const std::string meant = word.empty() ? "" : nearest(word, words);
    return meant.empty() ? "; the types are " + all : "; did you mean '" + meant + "'?";
  }

  Result<void> read_path() {
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

  Result<void> read_component(std::string_view text, Component& component, std::vector<std::string>& seen) {
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

  Result<void> make_pattern(Component& component) {
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
  bool has_default(const Piece& piece) const {
    return !piece.placeholder.empty() && !made_.placeholders_.at(piece.placeholder).default_value.empty();
  }

  // The ADQL: texts and placeholders. Comments stay as they are.
  Result<void> read_body() {
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

  // Without -- path: each placeholder is a directory.
  void path_of_each_placeholder() {
    for (const auto& name : order_) {
      const auto type = made_.placeholders_.at(name).type;
      made_.components_.push_back({{{"", name, ""}}, std::regex(group_of(type))});
      made_.path_ += (made_.path_.empty() ? "{" : "/{") + name + "}";
    }
  }

  Result<void> check() {
    if (trimmed(std::string_view(made_.text_).substr(body_at_), kBlank).empty())
      return wrong(0, "there is no query in it");
    if (made_.components_.empty())
      return wrong(0, "it has no placeholder; such a query belongs into queries/");
    for (const auto& name : order_) {
      const bool in_path = std::any_of(
          made_.components_.begin(), made_.components_.end(), [&name](const Component& component) {
            return std::any_of(component.pieces.begin(), component.pieces.end(),
                               [&name](const Piece& piece) { return piece.placeholder == name; });
          });
      if (!in_path) return wrong(path_line_.value_or(0), "{" + name + "} is missing in -- path:");
      made_.names_objects_ =
          made_.names_objects_ || made_.placeholders_.at(name).type == ArgumentType::kObject;
    }
    for (const auto& [name, adql] : made_.lists_) {
      const auto known = made_.placeholders_.find(name);
      if (known == made_.placeholders_.end() || known->second.type != ArgumentType::kText)
        return wrong(list_lines_.at(name), "-- list " + safe_name(name) + ": no placeholder of type text");
    }
    std::string plain;  // with harmless values, as far as open quotes and parentheses go
    for (const auto& piece : made_.body_) plain += piece.placeholder.empty() ? piece.text : "1";
    if (auto query = parse_saved_query(plain); !query) return wrong(0, query.error().what());
    return {};
  }

  BrowseTemplate& made_;
  std::size_t line_ = 1;
  std::size_t body_at_ = 0;
  std::size_t body_line_ = 1;
  std::optional<std::size_t> path_line_;
  std::map<std::string, std::size_t> list_lines_;
  std::vector<std::string> order_;  // of placeholders, as they first came
};

Result<BrowseTemplate> BrowseTemplate::parse(const std::string& file, const std::string& text) {
  BrowseTemplate made;
  made.file_ = file;
  made.text_ = text;
  if (auto read = Reader(made).read(); !read) return read.error();
  return made;
}

std::string BrowseTemplate::form() const {
  std::string form;
  for (const auto& component : components_) {
    if (!form.empty()) form += '/';
    for (std::size_t i = 0; i < component.pieces.size(); ++i) {
      const auto& piece = component.pieces[i];
      const auto known = placeholders_.find(piece.placeholder);
      const bool optional = known != placeholders_.end() && !known->second.default_value.empty();
      if (!optional) {
        const bool before_optional =
            piece.placeholder.empty() && i + 2 == component.pieces.size() &&
            !placeholders_.at(component.pieces[i + 1].placeholder).default_value.empty();
        form += piece.placeholder.empty() ? (before_optional ? "[" : "") + piece.text
                                          : "<" + piece.placeholder + ">";
      } else {
        form += "<" + piece.placeholder + ">]";
      }
    }
  }
  return form;
}

std::optional<BrowseTemplate::Arguments> BrowseTemplate::match(std::size_t level,
                                                               const std::string& name) const {
  constexpr std::size_t longest = 255;
  if (name.empty() || name.size() > longest) return std::nullopt;
  const Component& component = components_.at(level);
  std::smatch caught;
  if (!std::regex_match(name, caught, component.pattern)) return std::nullopt;
  // A default takes the place of what is no value: the end of NGC_253 is no radius.
  const auto whole_name_without_default = [&]() -> std::optional<Arguments> {
    const auto& first = component.pieces.front();
    const auto& last = component.pieces.back();
    if (component.pieces.size() != 3 || placeholders_.at(last.placeholder).default_value.empty())
      return std::nullopt;
    auto argument = parse_argument(placeholders_.at(first.placeholder).type, name);
    auto value = parse_argument(placeholders_.at(last.placeholder).type,
                                placeholders_.at(last.placeholder).default_value);
    if (!argument || !value) return std::nullopt;
    value->shown.clear();
    return Arguments{{first.placeholder, std::move(*argument)}, {last.placeholder, std::move(*value)}};
  };
  Arguments arguments;
  std::size_t group = 0;
  for (const auto& piece : component.pieces) {
    if (piece.placeholder.empty()) continue;
    const auto& placeholder = placeholders_.at(piece.placeholder);
    const auto& text = caught[++group];
    const bool optional = !placeholder.default_value.empty();
    auto argument = text.matched ? parse_argument(placeholder.type, text.str(), optional) : std::nullopt;
    if (!argument && optional) return whole_name_without_default();
    if (!argument) return std::nullopt;
    arguments.emplace(piece.placeholder, std::move(*argument));
  }
  return arguments;
}

std::string BrowseTemplate::shown_name(std::size_t level, const Arguments& arguments) const {
  std::string name;
  for (const auto& piece : components_.at(level).pieces) {
    if (piece.placeholder.empty()) {
      name += piece.text;
      continue;
    }
    const std::string& shown = arguments.at(piece.placeholder).shown;
    if (shown.empty()) {
      // The default: what stands before it goes too.
      if (placeholders_.at(piece.placeholder).default_value.empty()) return "";
      const auto& pieces = components_.at(level).pieces;
      name.erase(name.size() - pieces[pieces.size() - 2].text.size());
    }
    name += shown;
  }
  return name;
}

std::optional<BrowseTemplate::ListedValues> BrowseTemplate::list(std::size_t level) const {
  const auto& pieces = components_.at(level).pieces;
  if (pieces.size() != 1) return std::nullopt;
  const auto found = lists_.find(pieces.front().placeholder);
  if (found == lists_.end()) return std::nullopt;
  return ListedValues{found->first, found->second};
}

std::string BrowseTemplate::fill(const Arguments& arguments) const {
  std::string text = "-- esofs made this from browse/.templates/" + file_ + "\n";
  for (const auto& line : head_) text += line + "\n";
  for (const auto& piece : body_) {
    if (piece.placeholder.empty()) {
      // Two literals side by side would be one with a quote in it.
      if (text.ends_with('\'') && piece.text.starts_with('\'')) text += ' ';
      text += piece.text;
      continue;
    }
    const auto& value = arguments.at(piece.placeholder).values.at(piece.member);
    if (url_parameters_) {
      text += value.kind == ArgumentValue::Kind::kNumber ? value.text : client::percent_encoded(value.text);
      continue;
    }
    const std::string written =
        value.kind == ArgumentValue::Kind::kNumber ? value.text : client::adql_literal(value.text);
    // Two signs side by side would begin a comment.
    const bool apart = (text.ends_with('-') && written.starts_with('-')) ||
                       (text.ends_with('\'') && written.starts_with('\''));
    text += (apart ? " " : "") + written;
  }
  return text.ends_with('\n') ? text : text + '\n';
}

}  // namespace esofs::fs
