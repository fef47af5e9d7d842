// Which positions a dataset belongs to: those in its footprint, or no farther from it than a radius; if there are none, the
// one that is nearest to its centre.
//
//   shapes   a footprint is s_region: POLYGON, CIRCLE or POSITION, in words of STC-S or DALI, several of them in a UNION; a row
//            without one is a point: s_ra and s_dec, else ra and dec
//   units    degrees
//   threads  const functions of one object are thread-safe
//   source   STC-S (ObsCore 1.1 section B.6.3); DALI 1.1 section 3.3
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "client/model/cutout_spec.h"
#include "client/model/model.h"
#include "fs/positions/positions.h"

namespace esofs::fs {

// How far a point is from the nearest shape of s_region, 0 inside; nullopt: the text has no shape that is understood.
std::optional<double> distance_to_region(const client::SkyPoint& point, std::string_view s_region);

class PositionMatch {
 public:
  PositionMatch(const std::vector<client::Column>& columns, std::vector<Position> positions,
                double radius_deg);

  const std::vector<Position>& positions() const noexcept { return positions_; }

  // False if no column says where a dataset is, so that of() is always empty.
  bool has_places() const noexcept { return (ra_ && dec_) || region_; }

  struct Belonging {
    std::size_t position;              // index
    std::optional<double> separation;  // from the dataset's centre
  };
  // The nearest to the dataset's centre first; empty if the row says nothing of where it is.
  std::vector<Belonging> of(const client::Row& row) const;

 private:
  std::optional<client::SkyPoint> centre_of(const client::Row& row) const;

  const std::vector<Position> positions_;
  const double radius_deg_;
  std::optional<std::size_t> ra_, dec_, region_;
};

}  // namespace esofs::fs
