#include "client/netrc.h"

#include <algorithm>

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
    if (text_[at_] == '"') return quoted();
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

  void skip_macro() { at_ = std::min(text_.find("\n\n", at_), text_.size()); }

 private:
  std::string quoted() {
    std::string word;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size()) ++at_;
      word += text_[at_];
    }
    if (at_ < text_.size()) ++at_;
    return word;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

std::vector<NetrcEntry> parse_netrc(std::string_view text) {
  std::vector<NetrcEntry> entries;
  Words words(text);
  while (const auto word = words.next()) {
    if (*word == "machine") {
      entries.push_back({words.next_value().value_or(""), "", ""});
    } else if (*word == "default") {
      entries.emplace_back();
    } else if (*word == "macdef") {
      words.skip_macro();
    } else if (!entries.empty() && *word == "login") {
      entries.back().login = words.next_value().value_or("");
    } else if (!entries.empty() && *word == "password") {
      entries.back().password = words.next_value().value_or("");
    } else if (*word == "account") {
      (void)words.next_value();
    }
  }
  return entries;
}

std::optional<NetrcEntry> find_netrc(const std::vector<NetrcEntry>& entries,
                                     const std::vector<std::string>& hosts, bool with_default) {
  const auto of = [&entries](const std::string& host) -> const NetrcEntry* {
    const auto at = std::find_if(entries.begin(), entries.end(), [&host](const NetrcEntry& entry) {
      return entry.machine == host && !entry.login.empty() && !entry.password.empty();
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
