// Texts as protocols and people write them: without regard to case, without blanks at the ends, without %XX.
//
//   shapes   ASCII letters only count as letters; every other byte stays as it is
//   threads  plain functions
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace esofs {

std::string lower(std::string_view text);

// The same but for case.
bool same_word(std::string_view a, std::string_view b);
bool begins_with_any_case(std::string_view text, std::string_view beginning);
bool ends_with_any_case(std::string_view text, std::string_view end);

// text without any of `blanks` at both ends.
std::string_view trimmed(std::string_view text, std::string_view blanks = " \t\r\n");

// The number of the line, from 1, that holds the byte at `offset`.
std::size_t line_at(std::string_view text, std::size_t offset);

// The length of the UTF-8 sequence that text begins with; 0 if it is none (overlong forms and surrogates are not).
// REQUIRES: text is not empty.
std::size_t utf8_sequence(std::string_view text);

// `text` as a log and a terminal can take it: '?' for every byte that is not UTF-8 and for control characters but blanks,
// tabs and line ends.
std::string printable(std::string_view text);

// The bytes that %XX stand for; a '%' without two hexadecimal digits stands for itself (RFC 3986 section 2.1).
std::string percent_decoded(std::string_view text);

}  // namespace esofs
