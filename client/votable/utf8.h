// UTF-8 from and for the bytes of binary cells.
//
//   threads  plain functions
//   source   RFC 3629; VOTable 1.5 section 2.1: char is ASCII (UTF-8 in practice, and by 1.6), unicodeChar is UCS-2
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace esofs::client {

bool is_utf8(std::string_view text);

// `text` without a sequence at its end that was cut off.
std::string_view whole_utf8(std::string_view text);

std::string utf8_of_latin1(std::string_view text);

// Big-endian 16-bit units up to the first zero; surrogate pairs are one character, a lone half becomes U+FFFD.
void append_utf8_of_utf16(const std::byte* units, std::uint64_t count, std::string& text);

}  // namespace esofs::client
