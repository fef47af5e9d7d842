#include "cache/content/ahead/pace.h"

#include <algorithm>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kTelling = 512ULL << 10U;
constexpr double kWaits = 20;
constexpr double kNewest = 0.25;     // weight of the newest wait
constexpr double kLonger = 0.05;     // of a longer one: a handshake, or this machine's processors
constexpr double kKept = 0.95;       // of the rate of older answers
constexpr double kLeastBusy = 1e-6;  // if the clock has not moved

}  // namespace

void Pace::answered(double asked, double wait, double body, std::uint64_t bytes) {
  if (bytes < kTelling) return;
  const double end = asked + wait + body;
  wait_ += (bytes_ == 0 ? 1 : wait > wait_ ? kLonger : kNewest) * (wait - wait_);
  bytes_ = kKept * bytes_ + static_cast<double>(bytes);
  busy_ = kKept * busy_ + std::max(end - std::max(asked, busy_until_), 0.0);
  busy_until_ = std::max(busy_until_, end);
}

std::uint64_t Pace::window(std::uint64_t least, std::uint64_t most) const {
  const double wanted = kWaits * wait_ * bytes_ / std::max(busy_, kLeastBusy);
  if (wanted >= static_cast<double>(most)) return most;
  return std::min(most, std::max(least, static_cast<std::uint64_t>(wanted)));
}

}  // namespace esofs::cache
