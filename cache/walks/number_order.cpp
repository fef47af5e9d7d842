#include "cache/walks/number_order.h"

#include <algorithm>

#include "cache/walks/walk.h"

namespace esofs::cache {
namespace {

constexpr std::uint64_t kNumbers = 1ULL << 62U;

}  // namespace

bool NumberOrder::near(const Entry& one, const Entry& other) const {
  const std::uint64_t files = listing_->datasets();
  if (files > kLongest) return false;
  const std::uint64_t apart = kNumbers / std::max<std::uint64_t>(files, 1);  // two neighbours, on average
  const auto [low, high] = std::minmax({number_(one.dataset), number_(other.dataset)});
  return (high - low) / static_cast<std::uint64_t>(Walk::kReach) <= apart;
}

const std::vector<NumberOrder::Numbered>& NumberOrder::sorted() {
  if (sorted_) return *sorted_;
  sorted_.emplace();
  if (listing_->datasets() > kLongest) return *sorted_;
  sorted_->reserve(listing_->datasets());
  const auto read = listing_->entries(0, [this](const Entry& entry) {
    sorted_->emplace_back(number_(entry.dataset), entry.row);
    return true;
  });
  if (!read) sorted_->clear();
  std::sort(sorted_->begin(), sorted_->end());
  return *sorted_;
}

std::optional<std::int64_t> NumberOrder::place(const Entry& entry) {
  const auto& all = sorted();
  const Numbered wanted(number_(entry.dataset), entry.row);
  const auto at = std::lower_bound(all.begin(), all.end(), wanted);
  if (at == all.end() || *at != wanted) return std::nullopt;
  return at - all.begin();
}

std::optional<std::uint64_t> NumberOrder::row(std::int64_t place) {
  const auto& all = sorted();
  if (place < 0 || static_cast<std::size_t>(place) >= all.size()) return std::nullopt;
  return all[static_cast<std::size_t>(place)].second;
}

}  // namespace esofs::cache
