// NumberOrder: the files of a listing in the order of their inode numbers. `cp -r` of GNU copies the files of a directory in
// this order.
//
//   units    a place is 0, 1, 2 … in the order
//   errors   a listing that cannot be read, or is too long to be sorted, has no places
//   threads  not thread-safe; reads the listing once: blocks on the local disk
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "cache/listings/listing.h"
#include "client/model/model.h"

namespace esofs::cache {

class NumberOrder {
 public:
  using Entry = Listing::Entry;
  // The inode number of a file: any of 62 bits, all equally likely.
  using Number = std::function<std::uint64_t(const client::Dataset&)>;
  static constexpr std::uint64_t kLongest = 100'000;  // files

  NumberOrder(std::shared_ptr<const Listing> listing, Number number)
      : listing_(std::move(listing)), number_(std::move(number)) {}

  const Listing& listing() const noexcept { return *listing_; }

  // Whether the places of the two are probably near to each other. Costs nothing.
  bool near(const Entry& one, const Entry& other) const;
  std::optional<std::int64_t> place(const Entry& entry);
  // nullopt: there is no such place.
  std::optional<std::uint64_t> row(std::int64_t place);

 private:
  using Numbered = std::pair<std::uint64_t, std::uint64_t>;  // number, row
  const std::vector<Numbered>& sorted();

  const std::shared_ptr<const Listing> listing_;
  const Number number_;
  std::optional<std::vector<Numbered>> sorted_;
};

}  // namespace esofs::cache
