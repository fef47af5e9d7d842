#include "tests/sim/tap/adql/geometry.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numbers>
#include <utility>

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr double kTouching_deg = 1e-9;  // below any position's accuracy
constexpr int kCircleCorners = 128;     // corners of a circle as a polygon: the area is right to 0.04 %

double dot(const Direction& a, const Direction& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

Direction cross(const Direction& a, const Direction& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double length(const Direction& a) { return std::sqrt(dot(a, a)); }

Direction unit(const Direction& a) {
  const double size = length(a);
  return size == 0 ? Direction{1, 0, 0} : Direction{a[0] / size, a[1] / size, a[2] / size};
}

Direction middle(const std::vector<Direction>& corners) {
  Direction sum{};
  for (const auto& c : corners)
    for (std::size_t i = 0; i < 3; ++i) sum[i] += c[i];
  return unit(sum);
}

struct Flat {
  double x = 0;
  double y = 0;
};

// The gnomonic projection about a centre: great circles become straight lines. Valid within 90 degrees of the centre.
class Plane {
 public:
  explicit Plane(const Direction& centre) : centre_(centre) {
    const Direction pole = std::abs(centre[2]) > 0.9 ? Direction{1, 0, 0} : Direction{0, 0, 1};
    east_ = unit(cross(pole, centre));
    north_ = cross(centre, east_);
  }
  std::optional<Flat> flat(const Direction& d) const {
    const double depth = dot(d, centre_);
    if (depth < 1e-6) return std::nullopt;
    return Flat{dot(d, east_) / depth, dot(d, north_) / depth};
  }
  Direction back(const Flat& p) const {
    Direction d{};
    for (std::size_t i = 0; i < 3; ++i) d[i] = centre_[i] + p.x * east_[i] + p.y * north_[i];
    return unit(d);
  }

 private:
  Direction centre_;
  Direction east_;
  Direction north_;
};

std::optional<std::vector<Flat>> flatten(const Plane& plane, const std::vector<Direction>& corners) {
  std::vector<Flat> out;
  for (const auto& corner : corners) {
    const auto p = plane.flat(corner);
    if (!p) return std::nullopt;
    out.push_back(*p);
  }
  return out;
}

bool inside(const std::vector<Flat>& corners, const Flat& p) {
  bool in = false;
  for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
    const Flat& a = corners[i];
    const Flat& b = corners[j];
    if ((a.y > p.y) != (b.y > p.y) && p.x < (b.x - a.x) * (p.y - a.y) / (b.y - a.y) + a.x) in = !in;
  }
  return in;
}

bool polygon_has(const Part& polygon, const Direction& d) {
  const Plane plane(middle(polygon.corners));
  const auto p = plane.flat(d);
  const auto corners = flatten(plane, polygon.corners);
  return p && corners && inside(*corners, *p);
}

double distance_to_edge_deg(const Direction& d, const Direction& a, const Direction& b) {
  const Direction normal = unit(cross(a, b));
  const bool between = dot(cross(normal, a), d) >= 0 && dot(cross(b, normal), d) >= 0;
  const double to_ends = std::min(separation_deg(d, a), separation_deg(d, b));
  if (!between) return to_ends;
  return std::abs(std::asin(std::clamp(dot(normal, d), -1.0, 1.0))) / kDegree;
}

double distance_to_border_deg(const Direction& d, const Part& polygon) {
  double least = 360;
  const auto& corners = polygon.corners;
  for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++)
    least = std::min(least, distance_to_edge_deg(d, corners[j], corners[i]));
  return least;
}

bool edges_cross(const Direction& a, const Direction& b, const Direction& c, const Direction& d) {
  const Direction ab = cross(a, b);
  const Direction cd = cross(c, d);
  return dot(ab, c) * dot(ab, d) < 0 && dot(cd, a) * dot(cd, b) < 0 && dot(a, c) > 0;
}

bool borders_cross(const Part& a, const Part& b) {
  for (std::size_t i = 0, j = a.corners.size() - 1; i < a.corners.size(); j = i++)
    for (std::size_t k = 0, l = b.corners.size() - 1; k < b.corners.size(); l = k++)
      if (edges_cross(a.corners[j], a.corners[i], b.corners[l], b.corners[k])) return true;
  return false;
}

bool touch(const Part& a, const Part& b) {
  using Kind = Part::Kind;
  if (a.kind == Kind::kPolygon && b.kind != Kind::kPolygon) return touch(b, a);
  if (a.kind != Kind::kPolygon && b.kind != Kind::kPolygon)
    return separation_deg(a.corners[0], b.corners[0]) <= a.radius_deg + b.radius_deg + kTouching_deg;
  if (a.kind != Kind::kPolygon)
    return polygon_has(b, a.corners[0]) ||
           distance_to_border_deg(a.corners[0], b) <= a.radius_deg + kTouching_deg;
  return borders_cross(a, b) || polygon_has(a, b.corners[0]) || polygon_has(b, a.corners[0]);
}

bool holds(const Part& outer, const Part& inner) {
  using Kind = Part::Kind;
  if (outer.kind != Kind::kPolygon) {
    return std::all_of(inner.corners.begin(), inner.corners.end(), [&](const Direction& d) {
      return separation_deg(outer.corners[0], d) + inner.radius_deg <= outer.radius_deg + kTouching_deg;
    });
  }
  if (inner.kind != Kind::kPolygon) {
    return polygon_has(outer, inner.corners[0]) &&
           (inner.radius_deg == 0 || distance_to_border_deg(inner.corners[0], outer) >= inner.radius_deg);
  }
  return !borders_cross(outer, inner) &&
         std::all_of(inner.corners.begin(), inner.corners.end(), [&](const auto& d) {
           return polygon_has(outer, d) || distance_to_border_deg(d, outer) <= kTouching_deg;
         });
}

double polygon_area(const std::vector<Direction>& corners) {
  double sum =
      0;  // of the signed areas of the triangles from the first corner (van Oosterom and Strackee 1983)
  for (std::size_t i = 1; i + 1 < corners.size(); ++i) {
    const auto& a = corners[0];
    const auto& b = corners[i];
    const auto& c = corners[i + 1];
    sum += 2 * std::atan2(dot(a, cross(b, c)), 1 + dot(a, b) + dot(b, c) + dot(c, a));
  }
  const double area = std::abs(sum);
  return std::min(area, 4 * std::numbers::pi - area) / (kDegree * kDegree);
}

double part_area(const Part& part) {
  if (part.kind == Part::Kind::kPolygon) return polygon_area(part.corners);
  return 2 * std::numbers::pi * (1 - std::cos(part.radius_deg * kDegree)) / (kDegree * kDegree);
}

// Turns circles into polygons, so that one way of clipping is enough.
std::vector<Direction> outline(const Part& part) {
  if (part.kind == Part::Kind::kPolygon) return part.corners;
  const Plane plane(part.corners[0]);
  const double size = std::tan(part.radius_deg * kDegree);
  std::vector<Direction> corners;
  for (int i = 0; i < kCircleCorners; ++i) {
    const double angle = 2 * std::numbers::pi * i / kCircleCorners;
    corners.push_back(plane.back({size * std::cos(angle), size * std::sin(angle)}));
  }
  return corners;
}

double turn(const Flat& a, const Flat& b, const Flat& p) {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

// Sutherland and Hodgman: the part of `subject` within the convex `clip`.
std::vector<Flat> clipped(std::vector<Flat> subject, std::vector<Flat> clip) {
  double around = 0;
  for (std::size_t i = 0, j = clip.size() - 1; i < clip.size(); j = i++)
    around += clip[j].x * clip[i].y - clip[i].x * clip[j].y;
  if (around < 0) std::reverse(clip.begin(), clip.end());
  for (std::size_t i = 0, j = clip.size() - 1; i < clip.size() && !subject.empty(); j = i++) {
    std::vector<Flat> kept;
    for (std::size_t k = 0, l = subject.size() - 1; k < subject.size(); l = k++) {
      const double from = turn(clip[j], clip[i], subject[l]);
      const double to = turn(clip[j], clip[i], subject[k]);
      if ((from >= 0) != (to >= 0)) {
        const double t = from / (from - to);
        kept.push_back({subject[l].x + t * (subject[k].x - subject[l].x),
                        subject[l].y + t * (subject[k].y - subject[l].y)});
      }
      if (to >= 0) kept.push_back(subject[k]);
    }
    subject = std::move(kept);
  }
  return subject;
}

double part_overlap(const Part& a, const Part& b) {
  if (a.kind == Part::Kind::kPoint || b.kind == Part::Kind::kPoint || !touch(a, b)) return 0;
  const auto border = outline(b);
  const Plane plane(middle(border));
  const auto flat_a = flatten(plane, outline(a));
  const auto flat_b = flatten(plane, border);
  if (!flat_a || !flat_b) return 0;
  std::vector<Direction> common;
  for (const auto& p : clipped(*flat_a, *flat_b)) common.push_back(plane.back(p));
  return common.size() < 3 ? 0 : polygon_area(common);
}

// Words and numbers of STC-S; parentheses count as blanks, because a union is the list of its parts.
class StcReader {
 public:
  explicit StcReader(std::string_view text) : text_(text) {}

  Region run() {
    Region region;
    for (std::string_view word = next(); !word.empty(); word = next()) {
      if (is_number(word)) {
        numbers_.push_back(number_);
      } else {
        finish(region);
        const std::string keyword = upper(word);
        if (keyword == "POSITION" || keyword == "CIRCLE" || keyword == "BOX" || keyword == "POLYGON")
          shape_ = keyword;
      }
    }
    finish(region);
    return region;
  }

 private:
  std::string_view next() {
    constexpr std::string_view kBlanks = " \t\r\n()";
    const std::size_t begin = std::min(text_.find_first_not_of(kBlanks, here_), text_.size());
    const std::size_t end = std::min(text_.find_first_of(kBlanks, begin), text_.size());
    here_ = end;
    return text_.substr(begin, end - begin);
  }

  bool is_number(std::string_view word) {
    if (word.front() == '+') word.remove_prefix(1);
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number_);
    return error == std::errc() && end == word.data() + word.size() && std::isfinite(number_);
  }

  void finish(Region& region) {
    const std::vector<double> numbers = std::exchange(numbers_, {});
    if (numbers.empty()) return;
    Part part;
    if (shape_ == "POSITION" && numbers.size() == 2) {
      part.corners = {direction(numbers[0], numbers[1])};
    } else if (shape_ == "CIRCLE" && numbers.size() == 3) {
      part.kind = Part::Kind::kCircle;
      part.corners = {direction(numbers[0], numbers[1])};
      part.radius_deg = numbers[2];
    } else if (shape_ == "POLYGON" && numbers.size() % 2 == 0 && numbers.size() >= 6) {
      part.kind = Part::Kind::kPolygon;
      for (std::size_t i = 0; i < numbers.size(); i += 2)
        part.corners.push_back(direction(numbers[i], numbers[i + 1]));
      if (part.corners.front() == part.corners.back()) part.corners.pop_back();
    } else if (shape_ == "BOX" && numbers.size() == 4) {
      const auto corners = parse_region(box_text(numbers[0], numbers[1], numbers[2], numbers[3]));
      if (corners) region.insert(region.end(), corners->begin(), corners->end());
      return;
    } else {
      return;
    }
    region.push_back(std::move(part));
  }

  std::string_view text_;
  std::size_t here_ = 0;
  double number_ = 0;
  std::string shape_;
  std::vector<double> numbers_;
};

void append(std::string& out, double value) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out += ' ';
  out.append(digits.data(), end);
}

}  // namespace

Direction direction(double ra_deg, double dec_deg) {
  const double ra = ra_deg * kDegree;
  const double dec = dec_deg * kDegree;
  return {std::cos(dec) * std::cos(ra), std::cos(dec) * std::sin(ra), std::sin(dec)};
}

double longitude_deg(const Direction& d) {
  const double angle = std::atan2(d[1], d[0]) / kDegree;
  return angle < 0 ? angle + 360 : angle;
}

double latitude_deg(const Direction& d) { return std::atan2(d[2], std::hypot(d[0], d[1])) / kDegree; }

double separation_deg(const Direction& a, const Direction& b) {
  return std::atan2(length(cross(a, b)), dot(a, b)) / kDegree;
}

std::optional<Region> parse_region(std::string_view text) {
  Region region = StcReader(text).run();
  if (region.empty()) return std::nullopt;
  return region;
}

bool region_contains(const Region& outer, const Region& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const Part& part) {
    return std::any_of(outer.begin(), outer.end(), [&](const Part& whole) { return holds(whole, part); });
  });
}

bool regions_intersect(const Region& a, const Region& b) {
  return std::any_of(a.begin(), a.end(), [&](const Part& x) {
    return std::any_of(b.begin(), b.end(), [&](const Part& y) { return touch(x, y); });
  });
}

double region_area(const Region& region) {
  double sum = 0;
  for (const auto& part : region) sum += part_area(part);
  return sum;
}

double overlap_area(const Region& a, const Region& b) {
  double sum = 0;
  for (const auto& x : a)
    for (const auto& y : b) sum += part_overlap(x, y);
  return sum;
}

Direction region_centre(const Region& region) {
  std::vector<Direction> centres;
  for (const auto& part : region) centres.push_back(middle(part.corners));
  return middle(centres);
}

std::string point_text(double ra_deg, double dec_deg) {
  std::string out = "POSITION J2000";
  append(out, ra_deg);
  append(out, dec_deg);
  return out;
}

std::string circle_text(double ra_deg, double dec_deg, double radius_deg) {
  std::string out = "CIRCLE J2000";
  for (const double value : {ra_deg, dec_deg, radius_deg}) append(out, value);
  return out;
}

std::string polygon_text(const std::vector<double>& lon_lat_deg) {
  std::string out = "POLYGON J2000";
  for (const double value : lon_lat_deg) append(out, value);
  return out;
}

std::string box_text(double ra_deg, double dec_deg, double width_deg, double height_deg) {
  const double half = height_deg / 2;
  const double wide = width_deg / 2 / std::max(1e-6, std::cos(dec_deg * kDegree));
  return polygon_text({ra_deg + wide, dec_deg - half, ra_deg + wide, dec_deg + half, ra_deg - wide,
                       dec_deg + half, ra_deg - wide, dec_deg - half});
}

}  // namespace esofs::sim::tap
