// SodaRequest: what a SODA request asks for, read from its parameters; the shapes that cutouts have on the sky.
//
//   units    degrees (ICRS), metres (vacuum)
//   errors   a sentence that begins with one of SODA's codes, "UsageError: …" or "MultiValuedParamNotSupported: …"
//   source   SODA 1.0 section 3; DALI 1.1 section 3.3; PREFIX: client/ESO.md, "Cutouts"
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "tests/sim/tap/parameters.h"

namespace esofs::sim {

struct SkyPoint {
  double ra = 0;
  double dec = 0;
};

// A circle (ra dec radius), a polygon (ra dec ra dec …, great circles) or a range (ra1 ra2 dec1 dec2).
struct SkyShape {
  enum class Kind { kCircle, kPolygon, kRange };
  Kind kind = Kind::kCircle;
  std::vector<double> values;

  bool contains(const SkyPoint& point) const;
  // Points along the border, close enough together to find its extent on a detector. The first point lies inside, except in
  // concave polygons.
  std::vector<SkyPoint> outline() const;
};

struct Interval {
  double low = 0;
  double high = 0;
};

struct SodaRequest {
  std::string id;  // as in the request: a dp_id, or a publisher DID
  std::optional<SkyShape> shape;
  std::optional<Interval> band;
  std::string prefix;
};

std::variant<SodaRequest, std::string> parse_soda(const tap::Parameters& parameters);

// "ra dec radius" and the like; nullopt if the numbers are too few, too many or outside their range.
std::optional<SkyShape> parse_shape(SkyShape::Kind kind, std::string_view numbers);

}  // namespace esofs::sim
