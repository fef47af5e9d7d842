#include "fs/datasets/cutout_parts.h"

#include <algorithm>
#include <cctype>

#include "client/base/angle.h"
#include "client/base/angle_fault.h"
#include "client/model/cutout_fault.h"

namespace esofs::fs {
namespace {

constexpr std::string_view kPartSuffix = ".fits";

client::CutoutSpec circle_around(const client::SkyPoint& point, double radius_deg) {
  const auto spec = client::parse_cutout_spec("circle_" + angle_text(point.ra_deg) + "_" +
                                              angle_text(point.dec_deg) + "_" + angle_text(radius_deg));
  return spec ? *spec : client::CutoutSpec();
}

// "30" may be meant as seconds of arc, and would cut out half of the sky.
bool has_unit(std::string_view radius) {
  return !radius.empty() && std::isalpha(static_cast<unsigned char>(radius.back())) != 0;
}

std::string labelled(const std::string& name, const std::string& label) {
  const std::string stem = name.substr(0, name.size() - kPartSuffix.size());
  return stem + "__" + label + std::string(kPartSuffix);
}

}  // namespace

std::optional<CutoutUse> cutout_use(const std::string& name, const CutoutPoints& points) {
  if (auto spec = client::parse_cutout_spec(name)) return CutoutUse{std::move(spec)};
  if (!points || !name.starts_with(kAround)) return std::nullopt;
  const auto given = std::string_view(name).substr(kAround.size());
  const auto radius = has_unit(given) ? parse_radius(given) : std::nullopt;
  return radius ? std::optional(CutoutUse{std::nullopt, *radius}) : std::nullopt;
}

std::string cutout_use_fault(const std::string& name, const CutoutPoints& points) {
  if (!name.starts_with(kAround)) return client::cutout_fault(name);
  const auto given = std::string_view(name).substr(kAround.size());
  if (points && parse_radius(given) && !has_unit(given))
    return "'" + std::string(given) + "' has no unit: write " + name + "arcsec, or " + name +
           "deg for degrees";
  if (points) return radius_fault(given);
  return "at_<radius> cuts out around the positions of positions.csv, which this query does not have; write "
         "circle_<ra>_<dec>_<radius>";
}

std::vector<CutoutPart> cutout_parts(const CutoutUse& use, const CutoutPoints& points,
                                     const cache::Listing& listing, const cache::Listing::Entry& entry) {
  std::vector<CutoutPart> parts;
  if (use.spec) {
    parts.push_back({entry.name, *use.spec});
    return parts;
  }
  const auto at = points(listing, entry.row);
  for (const auto& point : at) {
    if (parts.size() == kMostCutoutPoints) break;
    parts.push_back({at.size() == 1 ? entry.name : labelled(entry.name, point.label),
                     circle_around(point.at, use.radius_deg)});
  }
  return parts;
}

std::string cutout_parent(const std::string& name) {
  const auto mark = name.rfind("__");
  if (mark == std::string::npos || !name.ends_with(kPartSuffix)) return name;
  return name.substr(0, mark) + std::string(kPartSuffix);
}

}  // namespace esofs::fs
