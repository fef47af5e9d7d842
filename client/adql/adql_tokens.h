// The tokens of ADQL, one after the other.
//
//   shapes   comments and white space are skipped; a literal and a quoted identifier are without their quotes
//   threads  one at a time
//   source   ADQL 2.1 section 2.1
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace esofs::client {

struct AdqlToken {
  enum class Kind : std::uint8_t { kWord, kQuoted, kLiteral, kSign, kEnd } kind = Kind::kEnd;
  std::string text;
  std::size_t begin = 0;  // its bytes in the whole text
  std::size_t end = 0;

  bool is_word(std::string_view word) const;  // without regard to case
  bool is_sign(char sign) const { return kind == Kind::kSign && text.front() == sign; }
};

class AdqlTokens {
 public:
  // text: outlives it.
  explicit AdqlTokens(std::string_view text) : text_(text) {}

  AdqlToken next();

 private:
  void skip_blanks();
  std::string quoted(char quote);

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace esofs::client
