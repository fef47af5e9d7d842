// Regions on the sky: points, circles and polygons, and unions of them, as STC-S text and as shapes.
//
//   shapes   a Region is a union of parts; polygons have great circle edges and are smaller than a hemisphere
//   units    degrees; area in square degrees
//   threads  plain functions
//   source   ADQL 2.0 section 2.4; STC-S as in TAP 1.0 section 6
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace esofs::sim::tap {

using Direction = std::array<double, 3>;  // unit vector

struct Part {
  enum class Kind { kPoint, kCircle, kPolygon };
  Kind kind = Kind::kPoint;
  std::vector<Direction> corners;  // one for points and circles
  double radius_deg = 0;
};
using Region = std::vector<Part>;

Direction direction(double ra_deg, double dec_deg);
double longitude_deg(const Direction& d);  // 0 .. 360
double latitude_deg(const Direction& d);
double separation_deg(const Direction& a, const Direction& b);

// "POLYGON J2000 …", "POSITION J2000 …", "CIRCLE …", "BOX …", "UNION J2000 ( … )"; nullopt if there is no footprint in it.
std::optional<Region> parse_region(std::string_view text);

bool region_contains(const Region& outer, const Region& inner);
bool regions_intersect(const Region& a, const Region& b);
double region_area(const Region& region);
double overlap_area(const Region& a, const Region& b);
Direction region_centre(const Region& region);

std::string point_text(double ra_deg, double dec_deg);
std::string circle_text(double ra_deg, double dec_deg, double radius_deg);
std::string polygon_text(const std::vector<double>& lon_lat_deg);
std::string box_text(double ra_deg, double dec_deg, double width_deg, double height_deg);

}  // namespace esofs::sim::tap
