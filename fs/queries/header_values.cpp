#include "fs/queries/header_values.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <map>
#include <optional>
#include <utility>

#include "client/base/safe_name.h"
#include "client/base/text.h"

namespace esofs::fs {
namespace {

using Kind = HeaderValue::Kind;

constexpr std::size_t kLongestKeyword = 68;

// What is behind the '=' of a card: the value and the rest.
HeaderValue value_in(std::string_view text) {
  text = trimmed(text, " ");
  if (text.starts_with('\'')) {
    std::string value;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == '\'' && (i + 1 >= text.size() || text[i + 1] != '\'')) break;
      if (text[i] == '\'') ++i;
      value += text[i];
    }
    value.erase(value.find_last_not_of(' ') + 1);
    return {Kind::kText, std::move(value)};
  }
  const auto number = trimmed(text.substr(0, text.find('/')), " ");
  if (number.empty()) return {};
  if (number == "T" || number == "F") return {Kind::kLogical, std::string(number)};
  std::string_view plain = number;
  if (plain.starts_with('+')) plain.remove_prefix(1);
  std::int64_t whole = 0;
  const auto read = std::from_chars(plain.data(), plain.data() + plain.size(), whole);
  if (read.ec == std::errc() && read.ptr == plain.data() + plain.size())
    return {Kind::kInteger, std::string(number)};
  std::string real(plain);
  std::replace(real.begin(), real.end(), 'D', 'E');
  double value = 0;
  const auto parsed = std::from_chars(real.data(), real.data() + real.size(), value);
  if (parsed.ec == std::errc() && parsed.ptr == real.data() + real.size())
    return {Kind::kReal, std::string(number)};
  return {Kind::kText, std::string(number)};
}

struct Card {
  std::string keyword;
  std::string_view value;
};

// nullopt: a comment, or no value.
std::optional<Card> card_in(std::string_view line) {
  constexpr std::string_view kHierarch = "HIERARCH ";
  if (line.starts_with(kHierarch)) {
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const auto name = trimmed(line.substr(kHierarch.size(), equals - kHierarch.size()), " ");
    return Card{std::string(name), line.substr(equals + 1)};
  }
  if (line.size() < 9 || line.substr(8, 1) != "=") return std::nullopt;
  return Card{std::string(trimmed(line.substr(0, 8), " ")), line.substr(9)};
}

}  // namespace

Result<std::string> header_keyword(std::string_view text) {
  std::string name;
  for (const char c : trimmed(text)) {
    const char shown =
        c == '.' || c == '\t' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    if (shown != ' ' || !name.ends_with(' ')) name += shown;
  }
  constexpr std::string_view kHierarch = "HIERARCH ";
  const bool of_eso = name.starts_with("ESO ") || name.starts_with(kHierarch);
  if (!of_eso && trimmed(text).find_first_of(" \t") != std::string_view::npos)
    return Error(EINVAL, "'" + safe_name(std::string(text)) +
                             "' is not one keyword: commas separate keywords, and one with blanks begins "
                             "with ESO");
  if (name.starts_with(kHierarch)) name.erase(0, kHierarch.size());
  const bool several = name.find(' ') != std::string::npos;
  const bool good = !name.empty() && name.size() <= (several ? kLongestKeyword : 8) &&
                    std::all_of(name.begin(), name.end(), [](unsigned char c) {
                      return std::isupper(c) != 0 || std::isdigit(c) != 0 || c == '-' || c == '_' || c == ' ';
                    });
  if (name.empty())
    return Error(EINVAL, "a keyword is missing: they are like OBJECT, MJD-OBS or ESO DET DIT");
  if (!good)
    return Error(EINVAL, "'" + safe_name(std::string(text)) +
                             "' is no keyword: they are like OBJECT, MJD-OBS or ESO DET DIT");
  if (several && !name.starts_with("ESO ")) name = "ESO " + name;
  return name;
}

std::vector<std::vector<HeaderValue>> header_values(std::string_view text,
                                                    const std::vector<std::string>& keywords) {
  std::vector<std::vector<HeaderValue>> units;
  std::map<std::string, std::size_t, std::less<>> wanted;
  for (std::size_t i = 0; i < keywords.size(); ++i) wanted.emplace(keywords[i], i);
  std::vector<HeaderValue> unit(keywords.size());
  HeaderValue* last = nullptr;  // the text that a CONTINUE card may continue
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = text.substr(at, end - at);
    at = end + 1;
    if (line == "END") {
      units.push_back(std::exchange(unit, std::vector<HeaderValue>(keywords.size())));
      last = nullptr;
      continue;
    }
    if (line.starts_with("CONTINUE") && last != nullptr && last->text.ends_with('&')) {
      const HeaderValue more = value_in(line.substr(8));
      last->text.pop_back();
      last->text += more.text;
      continue;
    }
    last = nullptr;
    const auto card = card_in(line);
    const auto found = card ? wanted.find(card->keyword) : wanted.end();
    if (found == wanted.end() || unit[found->second].kind != Kind::kMissing) continue;
    unit[found->second] = value_in(card->value);
    if (unit[found->second].kind == Kind::kText) last = &unit[found->second];
  }
  return units;
}

std::set<std::string> keywords_with_values(std::string_view text) {
  std::set<std::string> keywords;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    if (auto card = card_in(text.substr(0, end))) keywords.insert(std::move(card->keyword));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return keywords;
}

}  // namespace esofs::fs
