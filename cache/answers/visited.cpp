#include "cache/answers/visited.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "cache/store/records.h"

namespace esofs::cache {

std::string Visited::prefix(const std::string& kind) const { return archive_ + '\0' + kind + '\0'; }

void Visited::note(Kind& kind, const std::string& name, std::uint64_t when) {
  if (const auto known = kind.when.find(name); known != kind.when.end()) kind.names.erase(known->second);
  if (!kind.names.empty() && kind.names.count(when) != 0) when = kind.names.rbegin()->first + 1;
  kind.names.emplace(when, name);
  kind.when[name] = when;
}

void Visited::load(const std::string& kind) {
  if (state_.lock()->kinds.count(kind) != 0) return;
  Kind loaded;
  const std::string begin = prefix(kind);
  auto scanned = store_.scan(Shelf::kVisited, begin, [&](std::string_view key, std::string_view value) {
    if (key.substr(0, begin.size()) != begin) return false;
    if (const auto when = decode<NumberRecord>(value))
      note(loaded, std::string(key.substr(begin.size())), when->number);
    return true;
  });
  if (!scanned) spdlog::warn("directories visited earlier are not known: {}", scanned.error().what());
  state_.lock()->kinds.try_emplace(kind, std::move(loaded));
}

bool Visited::add(const std::string& kind, const std::string& name) {
  load(kind);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  auto when = static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  const std::string begin = prefix(kind);
  auto state = state_.lock();
  Kind& visits = state->kinds[kind];
  if (!visits.names.empty() && visits.names.rbegin()->second == name) return false;
  if (!visits.names.empty()) when = std::max(when, visits.names.rbegin()->first + 1);
  note(visits, name, when);
  state->unwritten[begin + name] = when;
  while (visits.names.size() > kMostVisits) {
    const auto oldest = visits.names.begin();
    state->unwritten[begin + oldest->second] = 0;
    visits.when.erase(oldest->second);
    visits.names.erase(oldest);
  }
  return !std::exchange(state->flush_asked, true);
}

void Visited::forget(const std::string& kind, const std::string& name) {
  load(kind);
  auto state = state_.lock();
  Kind& visits = state->kinds[kind];
  const auto known = visits.when.find(name);
  if (known == visits.when.end()) return;
  visits.names.erase(known->second);
  visits.when.erase(known);
  state->unwritten[prefix(kind) + name] = 0;
}

std::vector<std::string> Visited::latest(const std::string& kind, std::size_t most) {
  load(kind);
  auto state = state_.lock();
  const Kind& visits = state->kinds[kind];
  std::vector<std::string> found;
  for (auto visit = visits.names.rbegin(); visit != visits.names.rend() && found.size() < most; ++visit)
    found.push_back(visit->second);
  std::reverse(found.begin(), found.end());
  return found;
}

void Visited::flush() {
  std::map<std::string, std::uint64_t> unwritten;
  {
    auto state = state_.lock();
    unwritten.swap(state->unwritten);
    state->flush_asked = false;
  }
  if (unwritten.empty()) return;
  auto batch = store_.batch();
  auto written = batch ? Result<void>() : Result<void>(batch.error());
  for (const auto& [key, when] : unwritten) {
    if (!written) break;
    written = when == 0 ? (*batch)->erase(Shelf::kVisited, key)
                        : (*batch)->put(Shelf::kVisited, key, encode(NumberRecord{when}));
  }
  if (written) written = (*batch)->commit();
  if (!written) spdlog::warn("directories visited are not kept: {}", written.error().what());
}

}  // namespace esofs::cache
