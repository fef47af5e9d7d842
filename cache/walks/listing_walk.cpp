#include "cache/walks/listing_walk.h"

#include <algorithm>
#include <utility>

namespace esofs::cache {

ListingWalk::ListingWalk(std::shared_ptr<const Listing> listing, Entry first,
                         std::shared_ptr<NumberOrder> numbers)
    : listing_(std::move(listing)),
      rows_(static_cast<std::int64_t>(first.row)),
      names_(0),
      numbers_(std::move(numbers)),
      last_(first),
      front_(std::move(first)) {}

std::optional<ListingWalk::Entry> ListingWalk::entry_at(const Listing& listing, std::uint64_t row) {
  std::optional<Entry> found;
  (void)listing.entries(row, [&](const Entry& entry) {
    if (entry.row == row) found = entry;
    return false;
  });
  return found;
}

// Its place among the names, if it is within reach of the last file.
std::optional<std::int64_t> ListingWalk::place_by_name(const Entry& entry) const {
  if (entry.row == last_.row) return last_place_;
  const auto steps = [this](const Entry& from, const Entry& to) -> std::int64_t {
    const auto rows = listing_->rows_after(from.name, Walk::kReach);
    if (!rows) return 0;
    const auto at = std::find(rows->begin(), rows->end(), to.row);
    return at == rows->end() ? 0 : at - rows->begin() + 1;
  };
  if (const auto ahead = steps(last_, entry); ahead > 0) return last_place_ + ahead;
  if (const auto behind = steps(entry, last_); behind > 0) return last_place_ - behind;
  return std::nullopt;
}

// Its place among the inode numbers, if it is within reach of the last file.
std::optional<std::int64_t> ListingWalk::place_by_number(const Entry& entry) const {
  if (!numbers_ || !numbers_->near(last_, entry)) return std::nullopt;
  const auto last = numbers_->place(last_);
  const auto place = numbers_->place(entry);
  if (!last || !place || !by_number_.value_or(Walk(*last)).near(*place)) return std::nullopt;
  return place;
}

void ListingWalk::opened_by_number(const Entry& entry) {
  const auto place = place_by_number(entry);
  if (!place) return by_number_.reset();
  if (!by_number_) by_number_.emplace(numbers_->place(last_).value_or(*place));
  by_number_->opened(*place);
}

bool ListingWalk::takes(const Entry& entry) const {
  if (rows_.near(static_cast<std::int64_t>(entry.row))) return true;
  if (rows_.step() != 0) return false;
  const auto place = place_by_name(entry);
  if (place && names_.near(*place)) return true;
  return names_.step() == 0 && place_by_number(entry);
}

void ListingWalk::opened(const Entry& entry) {
  if (rows_.step() == 0 && names_.step() == 0) opened_by_number(entry);
  const auto row = static_cast<std::int64_t>(entry.row);
  const auto place = rows_.step() == 0 ? place_by_name(entry) : std::nullopt;
  if (rows_.near(row)) {
    rows_.opened(row);
  } else {
    rows_ = Walk(row);
  }
  if (place && names_.near(*place)) {
    names_.opened(*place);
    last_place_ = *place;
  } else {
    names_ = Walk(0);
    last_place_ = 0;
  }
  last_ = entry;
  if (names_.front() == last_place_) front_ = entry;
}

std::uint64_t ListingWalk::opens() const {
  if (rows_.step() != 0) return rows_.opens();
  if (names_.step() > 0) return names_.opens();
  return by_number_ && by_number_->step() > 0 ? by_number_->opens() : 0;
}

std::vector<ListingWalk::Entry> ListingWalk::next(std::size_t most) const {
  if (most == 0) return {};
  if (rows_.step() != 0) return next_rows(most);
  if (names_.step() > 0) return next_names(most);
  return by_number_ && by_number_->step() > 0 ? next_numbers(most) : std::vector<Entry>();
}

std::vector<ListingWalk::Entry> ListingWalk::next_rows(std::size_t most) const {
  std::vector<Entry> found;
  const std::int64_t step = rows_.step();
  const std::int64_t front = rows_.front();
  if (step == 1) {
    (void)listing_->entries(static_cast<std::uint64_t>(front) + 1, [&](const Entry& entry) {
      found.push_back(entry);
      return found.size() < most;
    });
    return found;
  }
  for (std::int64_t row = front + step; row >= 0 && found.size() < most; row += step) {
    auto entry = entry_at(*listing_, static_cast<std::uint64_t>(row));
    if (!entry) break;
    found.push_back(*std::move(entry));
  }
  return found;
}

std::vector<ListingWalk::Entry> ListingWalk::next_names(std::size_t most) const {
  std::vector<Entry> found;
  const auto step = static_cast<std::size_t>(names_.step());
  const auto rows = listing_->rows_after(front_.name, most * step);
  for (std::size_t i = step; rows && i <= rows->size(); i += step) {
    auto entry = entry_at(*listing_, (*rows)[i - 1]);
    if (entry) found.push_back(*std::move(entry));
  }
  return found;
}

std::vector<ListingWalk::Entry> ListingWalk::next_numbers(std::size_t most) const {
  std::vector<Entry> found;
  for (std::int64_t place = by_number_->front(); found.size() < most;) {
    const auto row = numbers_->row(place += by_number_->step());
    if (!row) break;
    if (auto entry = entry_at(*listing_, *row)) found.push_back(*std::move(entry));
  }
  return found;
}

}  // namespace esofs::cache
