#include "cache/content/disk/content_key.h"

#include <unistd.h>

#include <atomic>
#include <random>
#include <string_view>
#include <utility>

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

std::array<std::uint64_t, 2> hashes_of(std::string_view text) {
  return {hash_of(text, 0), hash_of(text, 0x9e3779b97f4a7c15ULL)};
}

std::string ending(const ContentKey::Parts& parts) {
  return parts.login.key_ending() + (parts.plain ? "+plain" : "");
}

std::string text_of(const ContentKey::Parts& parts) {
  return parts.id.text() + "\n" + parts.version + ending(parts);
}

}  // namespace

std::string new_generation() {
  static std::atomic<std::uint64_t> count{0};
  std::random_device random;
  return std::to_string(random()) + "-" + std::to_string(::getpid()) + "-" + std::to_string(count++);
}

ContentKey::ContentKey(std::string text) : text_(std::move(text)), hash_(hashes_of(text_)) {}

ContentKey::ContentKey(Parts parts)
    : parts_(std::move(parts)), text_(text_of(parts_)), hash_(hashes_of(text_)) {}

ContentKey ContentKey::decoded(const std::string& text, const FileId& id, const Login& login) {
  Parts parts{id, {}, login, false};
  const std::string begin = id.text() + "\n";
  const std::string end = ending(parts);
  if (text.size() >= begin.size() + end.size() && text.starts_with(begin) && text.ends_with(end)) {
    parts.version = text.substr(begin.size(), text.size() - begin.size() - end.size());
    return ContentKey(std::move(parts));
  }
  ContentKey key(text);
  key.parts_.login = login;
  return key;
}

std::string ContentKey::hex() const { return hex_text(hash_[0]) + hex_text(hash_[1]); }

ContentKey ContentKey::plain() const {
  ContentKey key(text_ + "+plain");
  key.parts_ = parts_;
  key.parts_.plain = true;
  return key;
}

std::string ContentKey::shared_text(const std::string& archive) const {
  Parts parts = parts_;
  parts.id.archive = archive;
  parts.login = {};
  return parts.version.empty() ? text_ : text_of(parts);
}

}  // namespace esofs::cache
