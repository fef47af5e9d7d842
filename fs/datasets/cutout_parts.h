// What a directory below DIRECTORY/cutout/ cuts out of each file: one spec of all, or a circle around each file's own positions.
//
//   shapes   <spec> (client/model/cutout_spec.h), or at_<radius>: of a directory whose files belong to positions
//            of a file with one position, or none nearer, NAME.fits; with several, NAME__LABEL.fits for each. NAME.fits is
//            always the first of them
//   threads  plain functions
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cache/listings/listing.h"
#include "client/model/cutout_spec.h"

namespace esofs::fs {

// A position to which a file belongs.
struct CutoutPoint {
  std::string label;  // portable, without "__"
  client::SkyPoint at;
};
// The positions of a row's dataset, at most kMostCutoutPoints. Must not wait.
using CutoutPoints = std::function<std::vector<CutoutPoint>(const cache::Listing&, std::uint64_t row)>;
inline constexpr std::uint64_t kMostCutoutPoints = 1024;

inline constexpr std::string_view kAround = "at_";  // begins the names of circles around positions

struct CutoutUse {
  std::optional<client::CutoutSpec> spec;  // of all files
  double radius_deg = 0;                   // without a spec
};

// points: empty if the files belong to no positions.
std::optional<CutoutUse> cutout_use(const std::string& name, const CutoutPoints& points);
// What is wrong with a name that cutout_use() does not take.
std::string cutout_use_fault(const std::string& name, const CutoutPoints& points);

struct CutoutPart {
  std::string name;  // of its file
  client::CutoutSpec spec;
};
std::vector<CutoutPart> cutout_parts(const CutoutUse& use, const CutoutPoints& points,
                                     const cache::Listing& listing, const cache::Listing::Entry& entry);

// "NAME.fits" of "NAME__LABEL.fits"; the name itself of others.
std::string cutout_parent(const std::string& name);

}  // namespace esofs::fs
