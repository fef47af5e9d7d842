#include "cache/content/unsteady.h"

#include <utility>

namespace esofs::cache {
namespace {

// Seconds. A version that lasts for less than kSteady is none.
constexpr std::int64_t kSteady = 60;
constexpr std::int64_t kUnsteadyFor = 3600;

}  // namespace

void UnsteadyFiles::note(const FileId& id, std::int64_t looked_at, std::int64_t now) {
  if (now - looked_at <= kSteady) (*until_.lock())[id] = now + kUnsteadyFor;
}

void UnsteadyFiles::note_unknown(const FileId& id, std::int64_t now) {
  {
    auto unknown = unknown_until_.lock();
    const auto [noted, first] = unknown->try_emplace(id, now + kUnsteadyFor);
    if (first || std::exchange(noted->second, now + kUnsteadyFor) <= now) return;
  }
  (*until_.lock())[id] = now + kUnsteadyFor;
}

bool UnsteadyFiles::contains(const FileId& id, std::int64_t now) {
  auto until = until_.lock();
  const auto found = until->find(id);
  if (found == until->end()) return false;
  if (found->second > now) return true;
  until->erase(found);
  return false;
}

}  // namespace esofs::cache
