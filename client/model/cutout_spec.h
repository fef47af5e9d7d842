// CutoutSpec: what is to be cut out of a dataset, as a name and as numbers.
//
//   circle_<ra>_<dec>_<radius>   polygon_<ra1>_<dec1>_<ra2>_<dec2>_<ra3>_<dec3>…   band_<lo>_<hi>   prefix_<text>
//
//   shapes   parts are joined by "__", in any order, each kind once; a circle or a polygon, a band, or both. prefix is no part
//            of its own: the service puts it into the name it gives the file
//   units    degrees (ICRS), metres. In names angles are those of client/base/angle.h, wavelengths may end in m, mm, um, nm or
//            A. A band is given from short to long
//   threads  plain data, pure functions
//   source   SODA 1.0 section 3; fs/SEMANTICS.md, "cutout/"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::client {

struct SkyPoint {
  double ra_deg;   // [0, 360)
  double dec_deg;  // [-90, 90]
  friend bool operator==(const SkyPoint&, const SkyPoint&) = default;
};

struct SkyCircle {
  SkyPoint centre;
  double radius_deg;  // (0, 180]
  friend bool operator==(const SkyCircle&, const SkyCircle&) = default;
};

struct Band {
  double lo_m;  // greater than 0
  double hi_m;  // not less than lo_m
  friend bool operator==(const Band&, const Band&) = default;
};

// Numbers are rounded as canonical_name() writes them, so that equal names mean equal requests.
struct CutoutSpec {
  std::optional<SkyCircle> circle;
  std::vector<SkyPoint> polygon;  // empty, or at least three; begins with the least point, not closed
  std::optional<Band> band;
  std::string prefix;  // letters, digits, '+', '-' and single '_'
  friend bool operator==(const CutoutSpec&, const CutoutSpec&) = default;
};

// nullopt for every text that is not wholly of the grammar.
std::optional<CutoutSpec> parse_cutout_spec(std::string_view name);

// The one name of all equal specs, in degrees and metres; parse_cutout_spec() takes it back.
std::string canonical_name(const CutoutSpec& spec);

// The form of a wavelength in names and requests.
std::string metres_text(double metres);

double separation_deg(const SkyPoint& a, const SkyPoint& b);
// A circle around all points. REQUIRES: at least one.
SkyCircle enclosing_circle(const std::vector<SkyPoint>& points);

// What a dataset's cutout service takes, and how far the dataset reaches as far as it says.
struct CutoutOffer {
  bool any = false;  // there is a service
  bool circles = false;
  bool polygons = false;
  bool bands = false;
  bool by_job = false;             // asynchronous only
  std::optional<SkyCircle> field;  // MAX of CIRCLE, or the circle around that of POLYGON
  std::vector<SkyPoint> outline;   // MAX of POLYGON
  std::optional<Band> range;       // MIN and MAX of BAND
  std::string service;             // its URL, for people
};

// Success, ENOTSUP: no service; EINVAL: it does not take such a spec; ENODATA: the dataset does not reach there.
Result<void> check_cutout(const CutoutSpec& spec, const CutoutOffer& offer);

// Which share of a dataset a cutout is at most, in (0, 1]; 1 if the offer does not say.
double cutout_share(const CutoutSpec& spec, const CutoutOffer& offer);

}  // namespace esofs::client
