// ListingNames: under which names the files of listings are shown, and how they are found again.
//
//   shapes   NameStyle::kReadable: TARGET_INSTRUMENT_WAVELENGTHS_DATE.fits, such as HD10700_UVES_378-691nm_2020-02-26T15.fits, of
//            letters, digits, '.', '_', '-' and '+'; if two were equal, both end in six digits made of their identifiers. A file
//            whose row has neither target nor instrument has the archive's name, and so have all files of a listing of more
//            than kMostReadable
//   errors   those of the listing; a name that cannot be made is the archive's
//   threads  thread-safe. Reads the rows of a listing once, from the local disk
//   source   ObsCore 1.1 section 4; the columns of ESO's dbo.raw
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cache/catalog.h"
#include "client/base/guarded.h"
#include "fs/tree/names.h"

namespace esofs::fs {

// The readable name of one file, before it is made unique; "": it has none.
std::string readable_name(const cache::Listing& listing, const cache::Listing::Entry& entry);

class ListingNames {
 public:
  static constexpr std::uint64_t kMostReadable = 50'000;

  explicit ListingNames(NameStyle style) : style_(style) {}

  NameStyle style() const noexcept { return style_; }
  std::string shown(const cache::Listing& listing, const cache::Listing::Entry& entry);
  // By the name that is shown, or by the archive's own in any form.
  Result<std::optional<cache::Listing::Entry>> find(const cache::Listing& listing, const std::string& name);

 private:
  struct Index;
  using IndexPtr = std::shared_ptr<const Index>;
  IndexPtr index(const cache::Listing& listing);

  const NameStyle style_;
  Guarded<std::deque<std::pair<std::string, IndexPtr>>> indexes_;  // by listing, the latest first
};

}  // namespace esofs::fs
