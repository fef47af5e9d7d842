#include "client/http/host_limits.h"

#include <algorithm>
#include <utility>

namespace esofs::client {
namespace {

constexpr int kNoLimit = 64;  // a limit that has risen so far is forgotten
constexpr std::chrono::milliseconds kLookForPlace{1000};
constexpr std::size_t kMostGranted = 10'000;
constexpr int kMostForbidden = 8;  // of what was given before
constexpr int kMostDoubted = 3;    // of what may be refused for good

}  // namespace

// --- HostLimit ---

bool HostLimit::free(Time now) {
  if (limit_ && now - changed_ >= kRise) {
    ++*limit_;
    changed_ = now;
    if (*limit_ >= kNoLimit) limit_.reset();
  }
  return !limit_ || running_ < *limit_;
}

void HostLimit::ended(bool flowed, Time now) {
  --running_;
  if (!flowed) return;
  --flowing_;
  flowed_ = now;
}

bool HostLimit::refused(Time sent, Time now) {
  const bool others = flowing_ > 0 || (flowed_ && *flowed_ + kSlack >= sent);
  if (!others) return false;
  limit_ = std::max(1, std::min(flowing_, limit_.value_or(kNoLimit)));
  changed_ = now;
  return true;
}

bool HostLimit::forbidden(bool granted, int tries, Time sent, Time now) {
  if (tries >= (granted ? kMostForbidden : forbids_ ? kMostDoubted : 0)) return false;
  // A host that refuses at once and takes its time to answer has others under way that do not flow yet.
  const bool under_way = running_ > 1;
  if (!refused(sent, now)) {
    if (!under_way) return false;
    limit_ = std::max(1, std::min(running_ - 1, limit_.value_or(kNoLimit)));
    changed_ = now;
  }
  forbids_ = forbids_ || granted;
  return true;
}

// --- HostLimits ---

HostLimits::Place::Place(HostLimits& limits, std::string host, bool counts)
    : limits_(limits), host_(std::move(host)), counts_(counts), sent_(limits.clock_()) {}

HostLimits::Place::~Place() {
  if (!counts_) return;
  {
    const std::lock_guard lock(limits_.mutex_);
    limits_.hosts_[host_].ended(flowed_, limits_.clock_());
  }
  limits_.changed_.notify_all();
}

void HostLimits::Place::flows(const std::string& what) {
  if (!counts_ || std::exchange(flowed_, true)) return;
  const std::lock_guard lock(limits_.mutex_);
  limits_.hosts_[host_].flows();
  if (limits_.granted_.size() >= kMostGranted) limits_.granted_.clear();
  limits_.granted_.insert(std::hash<std::string>()(what));
}

bool HostLimits::Place::refused() {
  const std::lock_guard lock(limits_.mutex_);
  return limits_.hosts_[host_].refused(sent_, limits_.clock_());
}

bool HostLimits::Place::forbidden(const std::string& what, int tries) {
  if (!counts_) return false;
  const std::lock_guard lock(limits_.mutex_);
  const bool granted = limits_.granted_.contains(std::hash<std::string>()(what));
  return limits_.hosts_[host_].forbidden(granted, tries, sent_, limits_.clock_());
}

HostLimits::Place HostLimits::enter(const std::string& host, bool counts, std::chrono::milliseconds patience,
                                    Turn& turn) {
  if (counts && !begin(host)) {
    const Turn::Waiting waiting(turn);
    const auto until = clock_() + patience;
    std::unique_lock lock(mutex_);
    HostLimit& limit = hosts_[host];
    // Looks again by itself too: a limit rises with time.
    for (auto now = clock_(); !turn.stop().stop_requested() && now < until && !limit.free(now);
         now = clock_())
      changed_.wait_for(lock, turn.stop(), std::min<HostLimit::Time::duration>(until - now, kLookForPlace),
                        [&] { return limit.free(clock_()); });
    limit.begun();
  }
  return {*this, host, counts};
}

bool HostLimits::begin(const std::string& host) {
  const std::lock_guard lock(mutex_);
  HostLimit& limit = hosts_[host];
  const bool free = limit.free(clock_());
  if (free) limit.begun();
  return free;
}

std::optional<int> HostLimits::limit(const std::string& host) const {
  const std::lock_guard lock(mutex_);
  const auto found = hosts_.find(host);
  return found == hosts_.end() ? std::nullopt : found->second.limit();
}

}  // namespace esofs::client
