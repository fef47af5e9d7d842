#include "cache/content/disk/eviction.h"

#include "cache/content/disk/segment_file.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kHashDigits = 32;  // a segment's name begins with the hash of its content

}  // namespace

// Sets the size of a segment.
void Eviction::grow(const std::string& name, Segment& segment, std::uint64_t bytes) {
  auto& content = contents_[name.substr(0, kHashDigits)];
  if (segment.bytes == 0) ++content.segments;
  content.bytes += bytes - segment.bytes;
  bytes_ += bytes - segment.bytes;
  segment.bytes = bytes;
}

void Eviction::move_to(const std::string& name, Segment& segment, std::int64_t used_at) {
  by_age_.erase({segment.used_at, name});
  segment.used_at = used_at;
  by_age_[{used_at, name}] = segment.bytes;
}

void Eviction::found(const std::string& name, std::uint64_t bytes, std::int64_t used_at) {
  auto [at, fresh] = segments_.try_emplace(name, Segment{0, used_at});
  if (!fresh && at->second.used_at > used_at) used_at = at->second.used_at;
  grow(name, at->second, bytes);
  move_to(name, at->second, used_at);
}

void Eviction::used(const std::string& name, std::uint64_t more_bytes, std::int64_t now) {
  auto [at, fresh] = segments_.try_emplace(name, Segment{0, now});
  if (more_bytes > 0) grow(name, at->second, at->second.bytes + more_bytes);
  move_to(name, at->second, now);
}

void Eviction::gone(const std::string& name) {
  const auto at = segments_.find(name);
  if (at == segments_.end()) return;
  const auto content = contents_.find(name.substr(0, kHashDigits));
  if (content != contents_.end()) {
    content->second.bytes -= at->second.bytes;
    if (at->second.bytes > 0 && --content->second.segments == 0) contents_.erase(content);
  }
  bytes_ -= at->second.bytes;
  by_age_.erase({at->second.used_at, name});
  segments_.erase(at);
}

std::uint64_t Eviction::content_bytes(const std::string& content) const {
  const auto at = contents_.find(content);
  if (at == contents_.end()) return 0;
  const std::uint64_t heads = at->second.segments * kChunksOffset;
  return at->second.bytes > heads ? at->second.bytes - heads : 0;
}

std::vector<std::string> Eviction::victims(std::uint64_t bytes,
                                           const std::function<bool(const std::string&)>& spared) const {
  std::vector<std::string> names;
  std::uint64_t freed = 0;
  for (const auto& [age, size] : by_age_) {
    if (freed >= bytes) break;
    if (spared(age.second)) continue;
    names.push_back(age.second);
    freed += size;
  }
  return names;
}

std::vector<std::string> Eviction::names() const {
  std::vector<std::string> names;
  names.reserve(segments_.size());
  for (const auto& [name, segment] : segments_) names.push_back(name);
  return names;
}

}  // namespace esofs::cache
