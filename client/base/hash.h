// Hashes that name files, keys and inodes: FNV-1a and the finalizer of SplitMix64.
//
// Their values are kept on disk and are seen by users (numbers of inodes): they never change.
//
//   threads  pure functions
//   source   FNV: RFC 9923; SplitMix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", 2014
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace esofs {

inline constexpr std::uint64_t kFnvStart = 0xcbf29ce484222325U;

// FNV-1a of 64 bits, from another start than usual if one is given. It protects against chance, not against malice.
constexpr std::uint64_t fnv1a(std::string_view text, std::uint64_t start = kFnvStart) {
  std::uint64_t value = start;
  for (const char c : text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return value;
}

// Spreads every bit over all bits; FNV alone leaves the high bits of short texts alike.
constexpr std::uint64_t mixed(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

// 16 hexadecimal digits, in small letters.
inline std::string hex_text(std::uint64_t value) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (auto at = text.rbegin(); at != text.rend(); ++at, value >>= 4U) *at = digits[value & 0xFU];
  return text;
}

}  // namespace esofs
