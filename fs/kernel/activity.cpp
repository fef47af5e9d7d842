#include "fs/kernel/activity.h"

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "fs/kernel/reports.h"

namespace esofs::fs {
namespace {

constexpr std::chrono::seconds kPause{3};  // a program that reads on is back sooner
constexpr std::size_t kMostActive = 20;    // that are shown
constexpr std::size_t kMany = 256;         // entries; then those that are over are dropped

bool over(const Activity::Doing& doing, Activity::Clock::time_point moment) {
  return doing.waiting == 0 && moment - doing.last > kPause;
}

}  // namespace

Activity::Use::~Use() {
  auto state = state_->doing.lock();
  const auto found = state->find(key_);
  if (found == state->end()) return;
  --found->second.waiting;
  found->second.last = Clock::now();
}

void Activity::Use::served(std::uint64_t bytes) {
  state_->served += bytes;
  auto state = state_->doing.lock();
  if (const auto found = state->find(key_); found != state->end()) found->second.served += bytes;
}

Activity::UsePtr Activity::begin(std::uint64_t ino, const Cause& cause, std::int64_t now,
                                 Clock::time_point moment) {
  auto use = std::make_shared<Use>(state_, Key{ino, cause.pid});
  auto state = state_->doing.lock();
  if (state->size() > kMany) std::erase_if(*state, [&](const auto& one) { return over(one.second, moment); });
  auto& doing = (*state)[{ino, cause.pid}];
  if (doing.ino == 0 || over(doing, moment)) doing = {ino, {}, now, 0, 0, moment};
  doing.cause = cause;
  doing.last = moment;
  ++doing.waiting;
  return use;
}

std::vector<Activity::Doing> Activity::now(Clock::time_point moment) const {
  std::vector<Doing> all;
  {
    const auto state = state_->doing.lock();
    for (const auto& [key, doing] : *state) {
      if (!over(doing, moment)) all.push_back(doing);
    }
  }
  std::sort(all.begin(), all.end(), [](const Doing& a, const Doing& b) { return a.last > b.last; });
  return all;
}

nlohmann::ordered_json activity_json(const Activity& activity, const InodeTable& inodes) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& doing : activity.now()) {
    const NodePtr node = inodes.find(doing.ino, doing.cause.user);
    const auto paths = inodes.paths(doing.ino, doing.cause.user);
    // A text that is here is no news; .esofs/ is what this is for.
    if (!node || paths.empty() || (doing.waiting == 0 && !node->dataset_file())) continue;
    const Cause cause = doing.cause.named();
    const std::string path = path_used(paths, cause.pid);
    if (path.starts_with("/.esofs")) continue;
    nlohmann::ordered_json one{{"path", path},
                               {"operation", operation_name(cause.operation)},
                               {"program", cause.program()},
                               {"pid", cause.pid},
                               {"uid", cause.user},
                               {"since", iso_time(doing.since)},
                               {"waiting", doing.waiting},
                               {"served_bytes", doing.served}};
    if (const auto cached = node->dataset_file() ? node->xattr("user.esofs.cached_bytes") : std::nullopt) {
      one["cached_bytes"] = std::strtoull(cached->c_str(), nullptr, 10);
      one["size"] = node->attributes().size;
    }
    all.push_back(std::move(one));
    if (all.size() == kMostActive) break;
  }
  return all;
}

}  // namespace esofs::fs
