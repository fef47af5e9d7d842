#include "cache/content/disk/chunk.h"

#include <string_view>

#include "client/base/hash.h"

namespace esofs::cache {
namespace {

// FNV-1a with a final mix (MurmurHash3 fmix64): FNV alone leaves the high bits of short texts alike.
std::uint64_t hash_of(std::string_view text, std::uint64_t seed) {
  std::uint64_t hash = fnv1a(text, kFnvStart ^ seed);
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

std::string ContentKey::hex() const { return hex_text(hash_[0]) + hex_text(hash_[1]); }

}  // namespace esofs::cache
