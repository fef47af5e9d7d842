#include "client/login/netrc.h"

#include <algorithm>

#include "client/base/text.h"

namespace esofs::client {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

class Words {
 public:
  explicit Words(std::string_view text) : text_(text) {}

  std::optional<std::string> next() {
    for (;;) {
      at_ = std::min(text_.find_first_not_of(kBlanks, at_), text_.size());
      if (at_ == text_.size()) return std::nullopt;
      if (text_[at_] != '#') break;
      at_ = std::min(text_.find('\n', at_), text_.size());
    }
    if (text_[at_] == '"') {
      if (auto word = quoted()) return word;
    }
    const std::size_t end = std::min(text_.find_first_of(kBlanks, at_), text_.size());
    std::string word(text_.substr(at_, end - at_));
    at_ = end;
    return word;
  }

  // A password may begin with '#'.
  std::optional<std::string> next_value() {
    const std::size_t first = text_.find_first_not_of(kBlanks, at_);
    if (first == std::string_view::npos || text_[first] != '#') return next();
    const std::size_t end = std::min(text_.find_first_of(kBlanks, first), text_.size());
    at_ = end;
    return std::string(text_.substr(first, end - first));
  }

  // Up to the first empty line.
  void skip_macro() {
    while (at_ < text_.size()) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      const std::size_t line = at_ + 1;
      if (line < text_.size() &&
          text_.substr(line, text_.find('\n', line) - line).find_first_not_of('\r') == std::string_view::npos)
        return;
      at_ = std::min(line, text_.size());
    }
  }

 private:
  // nullopt: the quote is not closed in its line. Then it counts as any other character, or a word would hold other lines' secrets.
  std::optional<std::string> quoted() {
    std::string word;
    for (std::size_t at = at_ + 1; at < text_.size() && text_[at] != '\n'; ++at) {
      if (text_[at] == '"') {
        at_ = at + 1;
        return word;
      }
      if (text_[at] == '\\' && at + 1 < text_.size() && text_[at + 1] != '\n') ++at;
      word += text_[at];
    }
    return std::nullopt;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<NetrcEntry> parse_netrc(std::string_view text) {
  constexpr std::string_view kMark = "\xef\xbb\xbf";  // some editors begin UTF-8 so
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  std::vector<NetrcEntry> entries;
  Words words(text);
  while (const auto word = words.next()) {
    const auto is = [&word](std::string_view keyword) { return same_word(*word, keyword); };
    if (is("machine")) {
      entries.push_back({words.next_value().value_or(""), "", ""});
    } else if (is("default")) {
      entries.emplace_back();
    } else if (is("macdef")) {
      words.skip_macro();
    } else if (!entries.empty() && is("login")) {
      entries.back().login = words.next_value().value_or("");
    } else if (!entries.empty() && is("password")) {
      entries.back().password = words.next_value().value_or("");
    } else if (is("account")) {
      (void)words.next_value();
    }
  }
  return entries;
}

std::optional<NetrcEntry> find_netrc(const std::vector<NetrcEntry>& entries,
                                     const std::vector<std::string>& hosts, bool with_default) {
  const auto of = [&entries](const std::string& host) -> const NetrcEntry* {
    const auto at = std::find_if(entries.begin(), entries.end(), [&host](const NetrcEntry& entry) {
      return same_word(entry.machine, host) && !entry.login.empty() && !entry.password.empty();
    });
    return at == entries.end() ? nullptr : &*at;
  };
  for (const auto& host : hosts) {
    if (host.empty()) continue;
    if (const auto* entry = of(host)) return *entry;
  }
  const auto* entry = with_default ? of("") : nullptr;
  return entry == nullptr ? std::nullopt : std::optional<NetrcEntry>(*entry);
}

}  // namespace esofs::client
