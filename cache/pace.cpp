#include "cache/pace.h"

#include <algorithm>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kTelling = 512ULL << 10U;
constexpr double kWaits = 20;
constexpr double kNewest = 0.25;      // weight of the newest answer
constexpr double kLeastBody = 0.001;  // what came at once says no more than that it was fast

}  // namespace

void Pace::answered(double wait, std::uint64_t bytes, double body) {
  if (bytes < kTelling) return;
  const double worth = kWaits * std::max(wait, 0.0) * static_cast<double>(bytes) / std::max(body, kLeastBody);
  worth_ += (worth_ == 0 ? 1 : kNewest) * (worth - worth_);
}

std::uint64_t Pace::window(std::uint64_t streams, std::uint64_t least, std::uint64_t most) const {
  const double wanted = worth_ * static_cast<double>(streams);
  if (wanted >= static_cast<double>(most)) return most;
  return std::min(most, std::max(least, static_cast<std::uint64_t>(wanted)));
}

}  // namespace esofs::cache
