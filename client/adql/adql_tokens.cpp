#include "client/adql/adql_tokens.h"

#include <algorithm>
#include <cctype>

#include "client/base/text.h"

namespace esofs::client {
namespace {

bool adql_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

}  // namespace

bool AdqlToken::is_word(std::string_view word) const { return kind == Kind::kWord && same_word(text, word); }

AdqlToken AdqlTokens::next() {
  skip_blanks();
  AdqlToken token;
  token.begin = at_;
  if (at_ >= text_.size()) {
    token.end = at_;
    return token;
  }
  const char c = text_[at_];
  if (c == '\'' || c == '"') {
    token.kind = c == '"' ? AdqlToken::Kind::kQuoted : AdqlToken::Kind::kLiteral;
    token.text = quoted(c);
  } else if (adql_word_char(c)) {
    token.kind = AdqlToken::Kind::kWord;
    while (at_ < text_.size() && adql_word_char(text_[at_])) token.text += text_[at_++];
  } else {
    token.kind = AdqlToken::Kind::kSign;
    token.text = c;
    ++at_;
  }
  token.end = at_;
  return token;
}

void AdqlTokens::skip_blanks() {
  for (;;) {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
    if (text_.substr(at_, 2) != "--") return;
    at_ = std::min(text_.find('\n', at_), text_.size());
  }
}

// At the opening quote; a doubled quote is one quote of the text.
std::string AdqlTokens::quoted(char quote) {
  std::string result;
  for (++at_; at_ < text_.size(); ++at_) {
    if (text_[at_] == quote) {
      if (at_ + 1 >= text_.size() || text_[at_ + 1] != quote) break;
      ++at_;
    }
    result += text_[at_];
  }
  at_ = std::min(at_ + 1, text_.size());
  return result;
}

}  // namespace esofs::client
