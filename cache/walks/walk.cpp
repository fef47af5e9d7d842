#include "cache/walks/walk.h"

#include <algorithm>
#include <cstdlib>
#include <numeric>
#include <vector>

namespace esofs::cache {
namespace {

constexpr std::size_t kRecent = 8;
constexpr std::size_t kFewest = 3;     // opens that make an order
constexpr std::size_t kFewestFar = 4;  // the same where files are skipped: chance makes equal steps of three
constexpr std::int64_t kBehind = 16;   // steps that one of several processes may be late

}  // namespace

bool Walk::near(std::int64_t at) const {
  if (step_ == 0) return std::abs(at - recent_.back()) <= kReach;
  if ((at - front_) % step_ != 0) return false;
  const std::int64_t steps = (at - front_) / step_;
  return steps >= -kBehind && steps <= kReach;
}

void Walk::opened(std::int64_t at) {
  if (std::find(recent_.begin(), recent_.end(), at) != recent_.end()) return;
  recent_.push_back(at);
  if (recent_.size() > kRecent) recent_.pop_front();
  ++opens_;
  const std::int64_t before = step_;
  step_ = find_step();
  if (before != 0 && step_ != before) {
    *this = Walk(at);
    return;
  }
  const auto [least, most] = std::minmax_element(recent_.begin(), recent_.end());
  front_ = step_ < 0   ? std::min(before == 0 ? *least : front_, *least)
           : step_ > 0 ? std::max(before == 0 ? *most : front_, *most)
                       : at;
}

// The step by which the places of late follow each other without gaps, in whatever order they came; else 0.
std::int64_t Walk::find_step() const {
  if (recent_.size() < kFewest) return 0;
  std::vector<std::int64_t> places(recent_.begin(), recent_.end());
  std::sort(places.begin(), places.end());
  std::int64_t step = 0;
  for (std::size_t i = 1; i < places.size(); ++i) step = std::gcd(step, places[i] - places[i - 1]);
  std::int64_t ups = 0;
  for (std::size_t i = 1; i < recent_.size(); ++i) ups += recent_[i] > recent_[i - 1] ? 1 : -1;
  const auto count = static_cast<std::int64_t>(places.size());
  const std::int64_t span = (places.back() - places.front()) / step + 1;
  // One of several processes may be slow.
  if (step_ != 0) return step == std::abs(step_) && span <= 2 * count ? step_ : 0;
  const bool monotone = std::abs(ups) == count - 1;
  if (step > 1 && (places.size() < kFewestFar || span > count || (!monotone && places.size() < kRecent)))
    return 0;
  // Neighbours may be left out, or come later.
  if (span > count + (monotone || places.size() > kFewest ? 1 : 0)) return 0;
  return ups < 0 ? -step : step;
}

}  // namespace esofs::cache
