// ListingWalk: a Walk through the files of a listing, in the order of its rows (as readdir gives them), of its names (as shells
// sort them) or of its inode numbers (as `cp -r` sorts them), whichever it turns out to be.
//
//   errors   a listing that cannot be read has no next files
//   threads  not thread-safe; reads the listing: blocks on the local disk
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "cache/listings/listing.h"
#include "cache/walks/number_order.h"
#include "cache/walks/walk.h"

namespace esofs::cache {

class ListingWalk {
 public:
  using Entry = Listing::Entry;

  // numbers: of this listing; null: inode numbers are no order.
  ListingWalk(std::shared_ptr<const Listing> listing, Entry first, std::shared_ptr<NumberOrder> numbers = {});

  const Listing& listing() const noexcept { return *listing_; }

  // Whether the open of this file may belong to it.
  bool takes(const Entry& entry) const;
  void opened(const Entry& entry);

  // Opens in the order that it has now; 0: no order has been recognised.
  std::uint64_t opens() const;
  // The files to be opened next, at most `most`.
  std::vector<Entry> next(std::size_t most) const;

  // The entry of a row.
  static std::optional<Entry> entry_at(const Listing& listing, std::uint64_t row);

 private:
  std::optional<std::int64_t> place_by_name(const Entry& entry) const;
  std::optional<std::int64_t> place_by_number(const Entry& entry) const;
  void opened_by_number(const Entry& entry);
  std::vector<Entry> next_rows(std::size_t most) const;
  std::vector<Entry> next_names(std::size_t most) const;
  std::vector<Entry> next_numbers(std::size_t most) const;

  const std::shared_ptr<const Listing> listing_;
  Walk rows_;   // a place is a row
  Walk names_;  // a place is a number of names after the first file; behind if the rows show the order
  const std::shared_ptr<NumberOrder> numbers_;
  std::optional<Walk> by_number_;  // nullopt: the last open was near to none before it
  Entry last_;
  std::int64_t last_place_ = 0;  // of last_ among the names
  Entry front_;                  // the file at the front of names_
};

}  // namespace esofs::cache
