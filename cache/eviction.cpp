#include "cache/eviction.h"

namespace esofs::cache {

void Eviction::move_to(const std::string& name, Segment& segment, std::int64_t used_at) {
  by_age_.erase({segment.used_at, name});
  segment.used_at = used_at;
  by_age_[{used_at, name}] = segment.bytes;
}

void Eviction::found(const std::string& name, std::uint64_t bytes, std::int64_t used_at) {
  auto [at, fresh] = segments_.try_emplace(name, Segment{0, used_at});
  if (!fresh && at->second.used_at > used_at) used_at = at->second.used_at;
  bytes_ += bytes - at->second.bytes;
  at->second.bytes = bytes;
  move_to(name, at->second, used_at);
}

void Eviction::used(const std::string& name, std::uint64_t more_bytes, std::int64_t now) {
  auto [at, fresh] = segments_.try_emplace(name, Segment{0, now});
  at->second.bytes += more_bytes;
  bytes_ += more_bytes;
  move_to(name, at->second, now);
}

void Eviction::gone(const std::string& name) {
  const auto at = segments_.find(name);
  if (at == segments_.end()) return;
  bytes_ -= at->second.bytes;
  by_age_.erase({at->second.used_at, name});
  segments_.erase(at);
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
