#include "fs/browse/browse_template.h"

#include <algorithm>
#include <utility>

#include "client/base/safe_name.h"
#include "client/http/url.h"
#include "client/services/adql.h"
#include "fs/browse/browse_template_reader.h"
#include "fs/queries/saved_query.h"

namespace esofs::fs {

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
  // The end of "NGC_253" is not a radius: then the whole name is the first argument, and the default applies.
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

std::string BrowseTemplate::fault(std::size_t level, const std::string& name) const {
  if (match(level, name)) return {};
  const Component& component = components_.at(level);
  std::smatch caught;
  const bool fits = std::regex_match(name, caught, component.pattern);
  std::size_t group = 0;
  for (const auto& piece : component.pieces) {
    if (piece.placeholder.empty()) continue;
    const auto& placeholder = placeholders_.at(piece.placeholder);
    const auto text = fits ? caught[++group].str() : std::string();
    if (text.empty()) continue;
    const bool optional = !placeholder.default_value.empty();
    if (std::string wrong = argument_fault(placeholder.type, text, optional); !wrong.empty()) return wrong;
  }
  return "'" + safe_name(name) + "' is not of the form " + form_at(level) + ", such as " + example(level);
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
      // The default is not shown, and neither is the text before it.
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

std::vector<BrowseTemplate::ExistingValues> BrowseTemplate::existing(const Arguments& arguments) const {
  std::vector<ExistingValues> all;
  for (const auto& [name, argument] : arguments) {
    const auto near = near_.find(name);
    const auto list = lists_.find(name);
    const auto wanted = argument.values.find("");
    if (wanted == argument.values.end() || (near == near_.end() && list == lists_.end())) continue;
    std::string adql = near == near_.end() ? list->second : std::string();
    if (near != near_.end()) {
      if (auto query = parse_saved_query(near->second->fill(arguments))) adql = query->adql;
    }
    all.push_back({name, std::move(adql), wanted->second.text,
                   placeholders_.at(name).type == ArgumentType::kProgramme});
  }
  return all;
}

std::string BrowseTemplate::recent(std::size_t level, const Arguments& arguments) const {
  const auto& pieces = components_.at(level).pieces;
  const auto found = pieces.size() == 1 ? recent_.find(pieces.front().placeholder) : recent_.end();
  if (found == recent_.end()) return {};
  const auto query = parse_saved_query(found->second->fill(arguments));
  return query ? query->adql : std::string();
}

std::string BrowseTemplate::form_at(std::size_t level) const {
  std::string form;
  for (const auto& piece : components_.at(level).pieces)
    form += piece.placeholder.empty() ? piece.text : "<" + piece.placeholder + ">";
  return form;
}

std::string BrowseTemplate::example(std::size_t level) const {
  std::string example;
  for (const auto& piece : components_.at(level).pieces)
    example +=
        piece.placeholder.empty() ? piece.text : argument_example(placeholders_.at(piece.placeholder).type);
  return example;
}

std::shared_ptr<const BrowseTemplate> BrowseTemplate::without(std::size_t level) const {
  const auto& pieces = components_.at(level).pieces;
  if (pieces.size() != 1) return nullptr;
  const auto found = without_.find(pieces.front().placeholder);
  return found == without_.end() ? nullptr : found->second;
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
