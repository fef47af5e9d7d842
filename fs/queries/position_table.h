// Which files of a query belong to which of its positions: table/positions.csv, and the centres of cutout/at_<radius>/.
//
//   shapes   CSV: POSITION, RA and DEC in degrees, FILE, SEPARATION from the centre of the file's field in arcseconds; a line for
//            each file of each position, and one without a file for a position that has none
//   errors   of the listing; position_fault()
//   threads  thread-safe
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cache/catalog.h"
#include "client/base/guarded.h"
#include "fs/positions/position_match.h"
#include "fs/queries/saved_queries.h"
#include "fs/tree/context.h"
#include "fs/tree/listing_names.h"

namespace esofs::fs {

inline constexpr const char* kPositionTableName = "positions.csv";

PositionMatch position_match(const QueryDirectory& directory, const cache::Listing& listing);

// The match of one snapshot and one text of positions.csv, made once for all of its rows.
class KeptMatch {
 public:
  std::shared_ptr<const PositionMatch> of(const QueryDirectory& directory, const cache::Listing& listing);

 private:
  struct Kept {
    std::string listing;  // id
    std::string positions;
    std::shared_ptr<const PositionMatch> match;
  };
  Guarded<Kept> kept_;
};

// Why no file of the answer can be given to a position, with what to do about it; nullopt: they can be, or there are no rows.
std::optional<Error> placing_fault(const cache::Listing& listing);
// Why a position without a file in this answer may have one. spec: the query of `listing`. No network.
std::optional<Error> position_fault(Context& context, const cache::QuerySpec& spec,
                                    const cache::Listing& listing);

Result<std::string> position_table(const cache::Listing& listing, const PositionMatch& match,
                                   ListingNames& names);

}  // namespace esofs::fs
