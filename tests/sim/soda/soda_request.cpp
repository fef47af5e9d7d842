#include "tests/sim/soda/soda_request.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "tests/sim/tap/adql/geometry.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using ShapeKind = SkyShape::Kind;

constexpr int kCirclePoints = 720;
constexpr int kEdgePoints = 64;

// Numbers and infinities, separated by blanks; nullopt if there is anything else.
std::optional<std::vector<double>> numbers(std::string_view text) {
  std::vector<double> out;
  const std::string copy(text);
  const char* at = copy.c_str();
  for (;;) {
    while (*at == ' ') ++at;
    if (*at == '\0') return out;
    char* end = nullptr;
    const double value = std::strtod(at, &end);
    if (end == at || (*end != ' ' && *end != '\0') || std::isnan(value)) return std::nullopt;
    out.push_back(value);
    at = end;
  }
}

bool is_position(double ra, double dec) { return ra >= 0 && ra <= 360 && dec >= -90 && dec <= 90; }

bool is_shape(ShapeKind kind, const std::vector<double>& v) {
  switch (kind) {
    case ShapeKind::kCircle:
      return v.size() == 3 && is_position(v[0], v[1]) && v[2] > 0 && v[2] <= 180;
    case ShapeKind::kRange:
      return v.size() == 4 && is_position(v[0], v[2]) && is_position(v[1], v[3]) && v[2] <= v[3];
    case ShapeKind::kPolygon:
      break;
  }
  if (v.size() < 6 || v.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < v.size(); i += 2) {
    if (!is_position(v[i], v[i + 1])) return false;
  }
  return true;
}

SkyPoint point_of(const tap::Direction& d) { return {tap::longitude_deg(d), tap::latitude_deg(d)}; }

// The position `distance` degrees from `centre` in direction `bearing` (degrees from north to east).
SkyPoint away(const SkyPoint& centre, double distance, double bearing) {
  const double d = distance * kDegree;
  const double b = bearing * kDegree;
  const double dec = centre.dec * kDegree;
  const double sine = std::sin(dec) * std::cos(d) + std::cos(dec) * std::sin(d) * std::cos(b);
  const double y = std::sin(b) * std::sin(d) * std::cos(dec);
  const double x = std::cos(d) - std::sin(dec) * sine;
  const double ra = centre.ra + std::atan2(y, x) / kDegree;
  return {std::fmod(ra + 360, 360), std::asin(std::clamp(sine, -1.0, 1.0)) / kDegree};
}

std::vector<SkyPoint> circle_outline(const std::vector<double>& v) {
  std::vector<SkyPoint> out{{v[0], v[1]}};
  for (int i = 0; i < kCirclePoints; ++i) out.push_back(away(out.front(), v[2], 360.0 * i / kCirclePoints));
  return out;
}

std::vector<tap::Direction> corners(const std::vector<double>& v) {
  std::vector<tap::Direction> out;
  for (std::size_t i = 0; i + 1 < v.size(); i += 2) out.push_back(tap::direction(v[i], v[i + 1]));
  return out;
}

tap::Direction weighted(const tap::Direction& a, const tap::Direction& b, double share) {
  tap::Direction sum{};
  for (std::size_t i = 0; i < 3; ++i) sum[i] = a[i] * (1 - share) + b[i] * share;
  return sum;  // its length does not matter
}

double size_of(const tap::Direction& d) { return std::sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]); }

tap::Direction unit_of(const tap::Direction& d) {
  const double size = size_of(d);
  return {d[0] / size, d[1] / size, d[2] / size};
}

std::vector<SkyPoint> polygon_outline(const std::vector<double>& v) {
  const auto all = corners(v);
  tap::Direction middle{};
  for (const auto& corner : all)
    for (std::size_t i = 0; i < 3; ++i) middle[i] += corner[i];
  std::vector<SkyPoint> out{point_of(unit_of(middle))};
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (int k = 0; k < kEdgePoints; ++k) {
      out.push_back(point_of(
          unit_of(weighted(all[i], all[(i + 1) % all.size()], static_cast<double>(k) / kEdgePoints))));
    }
  }
  return out;
}

double width(const std::vector<double>& v) { return std::fmod(v[1] - v[0] + 360, 360); }

std::vector<SkyPoint> range_outline(const std::vector<double>& v) {
  const auto ra = [&v](double share) { return std::fmod(v[0] + share * width(v), 360); };
  const auto dec = [&v](double share) { return v[2] + share * (v[3] - v[2]); };
  std::vector<SkyPoint> out{{ra(0.5), dec(0.5)}};
  for (int i = 0; i <= kEdgePoints; ++i) {
    const double share = static_cast<double>(i) / kEdgePoints;
    out.push_back({ra(share), v[2]});
    out.push_back({ra(share), v[3]});
    out.push_back({v[0], dec(share)});
    out.push_back({v[1], dec(share)});
  }
  return out;
}

// "CIRCLE 12 34 0.5", "POLYGON …", "RANGE …": words in any case.
std::optional<SkyShape> parse_pos(const std::string& text) {
  const auto blank = text.find(' ');
  if (blank == std::string::npos) return std::nullopt;
  std::string word = text.substr(0, blank);
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string_view rest = std::string_view(text).substr(blank);
  if (word == "CIRCLE") return parse_shape(ShapeKind::kCircle, rest);
  if (word == "POLYGON") return parse_shape(ShapeKind::kPolygon, rest);
  if (word == "RANGE") return parse_shape(ShapeKind::kRange, rest);
  return std::nullopt;
}

std::string bad_value(const std::string& name, const std::string& value) {
  return "UsageError: the value of " + name + " is not understood: " + value;
}

}  // namespace

std::optional<SkyShape> parse_shape(ShapeKind kind, std::string_view text) {
  auto values = numbers(text);
  if (!values || !is_shape(kind, *values)) return std::nullopt;
  return SkyShape{kind, std::move(*values)};
}

bool SkyShape::contains(const SkyPoint& point) const {
  const tap::Direction there = tap::direction(point.ra, point.dec);
  switch (kind) {
    case ShapeKind::kCircle:
      return tap::separation_deg(tap::direction(values[0], values[1]), there) <= values[2];
    case ShapeKind::kRange:
      return std::fmod(point.ra - values[0] + 720, 360) <= width(values) && point.dec >= values[2] &&
             point.dec <= values[3];
    case ShapeKind::kPolygon:
      break;
  }
  return tap::region_contains({{tap::Part::Kind::kPolygon, corners(values), 0}},
                              {{tap::Part::Kind::kPoint, {there}, 0}});
}

std::vector<SkyPoint> SkyShape::outline() const {
  if (kind == ShapeKind::kCircle) return circle_outline(values);
  return kind == ShapeKind::kPolygon ? polygon_outline(values) : range_outline(values);
}

std::variant<SodaRequest, std::string> parse_soda(const tap::Parameters& parameters) {
  SodaRequest request;
  for (const char* name : {"ID", "CIRCLE", "POLYGON", "POS", "BAND", "PREFIX"}) {
    if (parameters.all(name).size() > 1)
      return "MultiValuedParamNotSupported: " + std::string(name) + " can be given once only";
  }
  request.id = parameters.get("ID").value_or("");
  if (request.id.empty()) return "UsageError: ID is missing";
  request.prefix = parameters.get("PREFIX").value_or("");
  for (const auto& [name, kind] :
       {std::pair{"CIRCLE", ShapeKind::kCircle}, std::pair{"POLYGON", ShapeKind::kPolygon},
        std::pair{"POS", ShapeKind::kRange}}) {
    const auto text = parameters.get(name);
    if (!text || text->empty()) continue;
    if (request.shape) return "UsageError: only one of CIRCLE, POLYGON and POS can be given";
    request.shape = std::string_view(name) == "POS" ? parse_pos(*text) : parse_shape(kind, *text);
    if (!request.shape) return bad_value(name, *text);
  }
  const std::string band = parameters.get("BAND").value_or("");
  if (!band.empty()) {
    const auto limits = numbers(band);
    if (!limits || limits->size() != 2 || (*limits)[0] > (*limits)[1]) return bad_value("BAND", band);
    request.band = Interval{(*limits)[0], (*limits)[1]};
  }
  if (!request.shape && !request.band) return "UsageError: one of CIRCLE, POLYGON, POS and BAND is needed";
  return request;
}

}  // namespace esofs::sim
