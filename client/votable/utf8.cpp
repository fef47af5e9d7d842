#include "client/votable/utf8.h"

#include "client/base/text.h"

namespace esofs::client {
namespace {

constexpr char32_t kReplacementCharacter = 0xFFFD;

void append(char32_t c, std::string& text) {
  const auto put = [&text](char32_t byte) { text.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0U | c >> 6U);
  } else {
    if (c < 0x10000) {
      put(0xE0U | c >> 12U);
    } else {
      put(0xF0U | c >> 18U);
      put(0x80U | (c >> 12U & 0x3FU));
    }
    put(0x80U | (c >> 6U & 0x3FU));
  }
  put(0x80U | (c & 0x3FU));
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_sequence(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string_view whole_utf8(std::string_view text) {
  std::size_t begin = text.size();
  while (begin > 0 && text.size() - begin < 3 &&
         (static_cast<unsigned char>(text[begin - 1]) & 0xC0U) == 0x80U)
    --begin;
  if (begin == 0) return text;
  const auto first = static_cast<unsigned char>(text[begin - 1]);
  const std::size_t wanted = first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
  return wanted > text.size() - begin + 1 ? text.substr(0, begin - 1) : text;
}

std::string utf8_of_latin1(std::string_view text) {
  std::string utf8;
  utf8.reserve(text.size() * 2);
  for (const char c : text) append(static_cast<unsigned char>(c), utf8);
  return utf8;
}

void append_utf8_of_utf16(const std::byte* units, std::uint64_t count, std::string& text) {
  const auto unit = [units](std::uint64_t i) -> char32_t {
    return std::to_integer<char32_t>(units[2 * i]) << 8U | std::to_integer<char32_t>(units[2 * i + 1]);
  };
  for (std::uint64_t i = 0; i < count; ++i) {
    const char32_t c = unit(i);
    if (c == 0) return;
    if (c < 0xD800 || c > 0xDFFF) {
      append(c, text);
    } else if (c < 0xDC00 && i + 1 < count && unit(i + 1) >= 0xDC00 && unit(i + 1) <= 0xDFFF) {
      append(0x10000 + ((c - 0xD800) << 10U) + (unit(i + 1) - 0xDC00), text);
      ++i;
    } else {
      append(kReplacementCharacter, text);
    }
  }
}

}  // namespace esofs::client
