#include "cache/content/disk/chunk.h"

#include <cstdio>
#include <string_view>

namespace esofs::cache {
namespace {

// FNV-1a with a final mix (MurmurHash3 fmix64): FNV alone leaves the high bits of short texts alike.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = 0xcbf29ce484222325ULL ^ seed;
  for (const char letter : text) {
    hash ^= static_cast<unsigned char>(letter);
    hash *= 0x100000001b3ULL;
  }
  hash ^= hash >> 33U;
  hash *= 0xff51afd7ed558ccdULL;
  hash ^= hash >> 33U;
  hash *= 0xc4ceb9fe1a85ec53ULL;
  return hash ^ (hash >> 33U);
}

}  // namespace

ContentKey::ContentKey(std::string text, std::string identity)
    : text_(std::move(text)),
      identity_(std::move(identity)),
      hash_{hash_of(text_, 0), hash_of(text_, 0x9e3779b97f4a7c15ULL)} {}

std::string ContentKey::hex() const {
  std::array<char, 33> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx%016llx", static_cast<unsigned long long>(hash_[0]),
                static_cast<unsigned long long>(hash_[1]));
  return digits.data();
}

}  // namespace esofs::cache
