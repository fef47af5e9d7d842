#include "client/model/cutout_spec.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <numbers>
#include <span>

#include "client/base/angle.h"

namespace esofs::client {
namespace {

constexpr double kDegree = std::numbers::pi / 180;
constexpr std::size_t kMostPrefix = 64;
constexpr double kDegreeSteps = 1e12;  // an angle is rounded to 12 decimals: 4 nano-arcseconds

struct Unit {
  std::string_view name;
  double factor;
};
constexpr std::array<Unit, 5> kLengths{{{"mm", 1e-3}, {"um", 1e-6}, {"nm", 1e-9}, {"A", 1e-10}, {"m", 1.0}}};

bool digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

double rounded_degrees(double degrees) {
  const double value = std::round(degrees * kDegreeSteps) / kDegreeSteps;
  return value == 0 ? 0 : value;  // no -0
}

double rounded_metres(double metres) {
  const std::string text = metres_text(metres);
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// An unsigned decimal number at the beginning of `text`, taken off it. from_chars alone would take "inf" and "nan".
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || !(digit(text[0]) || (text[0] == '.' && text.size() > 1 && digit(text[1]))))
    return std::nullopt;
  double value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || !std::isfinite(value)) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

std::optional<double> wavelength(std::string_view text) {
  const auto number = take_number(text);
  if (!number || text.empty()) return number;
  for (const auto& unit : kLengths) {
    if (text == unit.name) return *number * unit.factor;
  }
  return std::nullopt;
}

std::optional<SkyPoint> point(std::string_view ra, std::string_view dec) {
  const auto longitude = parse_right_ascension(ra);
  const auto latitude = parse_declination(dec);
  if (!longitude || !latitude) return std::nullopt;
  const double rounded = rounded_degrees(*longitude);
  return SkyPoint{rounded == 360 ? 0 : rounded, rounded_degrees(*latitude)};
}

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t end = text.find(separator); end != std::string_view::npos; end = text.find(separator)) {
    pieces.push_back(text.substr(0, end));
    text.remove_prefix(end + separator.size());
  }
  pieces.push_back(text);
  return pieces;
}

using Words = std::span<const std::string_view>;

bool take_circle(Words words, CutoutSpec& spec) {
  if (spec.circle || words.size() != 3) return false;
  const auto centre = point(words[0], words[1]);
  const auto radius = parse_radius(words[2]);
  if (!centre || !radius) return false;
  spec.circle = SkyCircle{*centre, rounded_degrees(*radius)};
  return spec.circle->radius_deg > 0;
}

bool less(const SkyPoint& a, const SkyPoint& b) {
  return a.ra_deg != b.ra_deg ? a.ra_deg < b.ra_deg : a.dec_deg < b.dec_deg;
}

bool take_polygon(Words words, CutoutSpec& spec) {
  if (!spec.polygon.empty() || words.size() % 2 != 0) return false;
  auto& points = spec.polygon;
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const auto corner = point(words[i], words[i + 1]);
    if (!corner) return false;
    points.push_back(*corner);
  }
  if (points.size() > 1 && points.front() == points.back()) points.pop_back();
  if (points.size() < 3) return false;
  std::rotate(points.begin(), std::min_element(points.begin(), points.end(), less), points.end());
  return true;
}

bool take_band(Words words, CutoutSpec& spec) {
  if (spec.band || words.size() != 2) return false;
  const auto lo = wavelength(words[0]);
  const auto hi = wavelength(words[1]);
  if (!lo || !hi) return false;
  spec.band = Band{rounded_metres(*lo), rounded_metres(*hi)};
  return spec.band->lo_m > 0 && spec.band->lo_m <= spec.band->hi_m;
}

bool take_prefix(std::string_view text, CutoutSpec& spec) {
  if (!spec.prefix.empty() || text.empty() || text.size() > kMostPrefix) return false;
  if (text.front() == '_' || text.back() == '_') return false;
  spec.prefix = text;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '_';
  });
}

bool take_part(std::string_view part, CutoutSpec& spec) {
  constexpr std::string_view kPrefix = "prefix_";
  if (part.starts_with(kPrefix)) return take_prefix(part.substr(kPrefix.size()), spec);
  const auto words = split(part, "_");
  const Words rest = Words(words).subspan(1);
  if (words[0] == "circle") return take_circle(rest, spec);
  if (words[0] == "polygon") return take_polygon(rest, spec);
  if (words[0] == "band") return take_band(rest, spec);
  return false;
}

std::string point_name(const SkyPoint& point) {
  return "_" + angle_text(point.ra_deg) + "_" + angle_text(point.dec_deg);
}

using Vector = std::array<double, 3>;

Vector direction(const SkyPoint& point) {
  const double ra = point.ra_deg * kDegree;
  const double dec = point.dec_deg * kDegree;
  return {std::cos(dec) * std::cos(ra), std::cos(dec) * std::sin(ra), std::sin(dec)};
}

// Services round their MAX, and cutouts have whole pixels: what is outside by less than this may still hold some.
double slack_deg(double radius_deg) { return 0.01 * radius_deg + 10.0 / 3600; }

bool apart(const SkyCircle& a, const SkyCircle& b) {
  return separation_deg(a.centre, b.centre) > a.radius_deg + b.radius_deg + slack_deg(b.radius_deg);
}

std::optional<SkyCircle> wanted_field(const CutoutSpec& spec) {
  if (spec.circle) return spec.circle;
  if (!spec.polygon.empty()) return enclosing_circle(spec.polygon);
  return std::nullopt;
}

}  // namespace

std::optional<CutoutSpec> parse_cutout_spec(std::string_view name) {
  CutoutSpec spec;
  for (const auto part : split(name, "__")) {
    if (!take_part(part, spec)) return std::nullopt;
  }
  const bool shapes = spec.circle.has_value() && !spec.polygon.empty();
  const bool nothing = !spec.circle && spec.polygon.empty() && !spec.band;
  if (shapes || nothing) return std::nullopt;
  return spec;
}

std::string metres_text(double metres) {
  std::array<char, 32> text{};
  const auto [end, failed] =
      std::to_chars(text.data(), text.data() + text.size(), metres, std::chars_format::general, 12);
  return failed == std::errc() ? std::string(text.data(), end) : std::string("0");
}

std::string canonical_name(const CutoutSpec& spec) {
  std::string name;
  const auto add = [&name](const std::string& part) { name += (name.empty() ? "" : "__") + part; };
  if (spec.circle)
    add("circle" + point_name(spec.circle->centre) + "_" + angle_text(spec.circle->radius_deg));
  if (!spec.polygon.empty()) {
    std::string part = "polygon";
    for (const auto& corner : spec.polygon) part += point_name(corner);
    add(part);
  }
  if (spec.band) add("band_" + metres_text(spec.band->lo_m) + "_" + metres_text(spec.band->hi_m));
  if (!spec.prefix.empty()) add("prefix_" + spec.prefix);
  return name;
}

double separation_deg(const SkyPoint& a, const SkyPoint& b) {
  const Vector u = direction(a);
  const Vector v = direction(b);
  const Vector cross{u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]};
  return std::atan2(std::hypot(cross[0], cross[1], cross[2]), u[0] * v[0] + u[1] * v[1] + u[2] * v[2]) /
         kDegree;
}

SkyCircle enclosing_circle(const std::vector<SkyPoint>& points) {
  Vector sum{};
  for (const auto& point : points) {
    const Vector v = direction(point);
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += v[i];
  }
  SkyCircle circle{
      {std::atan2(sum[1], sum[0]) / kDegree, std::atan2(sum[2], std::hypot(sum[0], sum[1])) / kDegree}, 0};
  if (circle.centre.ra_deg < 0) circle.centre.ra_deg += 360;
  for (const auto& point : points)
    circle.radius_deg = std::max(circle.radius_deg, separation_deg(circle.centre, point));
  return circle;
}

Result<void> check_cutout(const CutoutSpec& spec, const CutoutOffer& offer) {
  if (!offer.any) return Error(ENOTSUP, "the archive offers no cutouts of this dataset");
  const auto refused = [](const std::string& what) {
    return Error(EINVAL, "the cutout service does not take " + what + " for this dataset");
  };
  if (spec.circle && !offer.circles) return refused("a circle");
  if (!spec.polygon.empty() && !offer.polygons) return refused("a polygon");
  if (spec.band && !offer.bands) return refused("a band");
  const auto field = wanted_field(spec);
  if (field && offer.field && apart(*field, *offer.field))
    return Error(ENODATA, "the dataset does not reach there: it lies within " +
                              angle_text(offer.field->radius_deg) + " deg of " +
                              angle_text(offer.field->centre.ra_deg) + " " +
                              angle_text(offer.field->centre.dec_deg));
  if (spec.band && offer.range &&
      (spec.band->hi_m < offer.range->lo_m || spec.band->lo_m > offer.range->hi_m))
    return Error(ENODATA, "the dataset does not reach there: its band is " + metres_text(offer.range->lo_m) +
                              " to " + metres_text(offer.range->hi_m) + " m");
  return {};
}

double cutout_share(const CutoutSpec& spec, const CutoutOffer& offer) {
  double share = 1;
  const auto field = wanted_field(spec);
  if (field && offer.field && offer.field->radius_deg > 0) {
    // The square around the circle wanted, of the largest square within the circle offered.
    const double ratio = field->radius_deg / offer.field->radius_deg;
    share *= std::min(1.0, 2 * ratio * ratio);
  }
  if (spec.band && offer.range && offer.range->hi_m > offer.range->lo_m)
    share *=
        std::clamp((spec.band->hi_m - spec.band->lo_m) / (offer.range->hi_m - offer.range->lo_m), 1e-4, 1.0);
  return std::max(share, 1e-9);
}

}  // namespace esofs::client
