#include "fs/positions/position_match.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <utility>

#include "client/base/text.h"
#include "fs/tree/value_text.h"

namespace esofs::fs {
namespace {

using client::SkyPoint;

constexpr double kRadian = std::numbers::pi / 180;
constexpr double kFar = std::numeric_limits<double>::infinity();
// Archives and users round positions to about an arcsecond.
constexpr double kTolerance = 1.0 / 3600;

struct Plane {
  double x = 0;
  double y = 0;
};

// Where `point` is on the plane that touches the sphere at `origin`; nullopt: on the other half of the sky.
std::optional<Plane> projected(const SkyPoint& origin, const SkyPoint& point) {
  const double a = (point.ra_deg - origin.ra_deg) * kRadian;
  const double d = point.dec_deg * kRadian;
  const double d0 = origin.dec_deg * kRadian;
  const double z = std::sin(d0) * std::sin(d) + std::cos(d0) * std::cos(d) * std::cos(a);
  if (z < 0.01) return std::nullopt;
  return Plane{std::cos(d) * std::sin(a) / z,
               (std::cos(d0) * std::sin(d) - std::sin(d0) * std::cos(d) * std::cos(a)) / z};
}

// From the plane's origin to a side.
double distance_to_side(const Plane& a, const Plane& b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  const double along = length > 0 ? std::clamp(-(a.x * dx + a.y * dy) / length, 0.0, 1.0) : 0;
  return std::hypot(a.x + along * dx, a.y + along * dy);
}

double distance_to_polygon(const SkyPoint& point, const std::vector<SkyPoint>& corners) {
  std::vector<Plane> flat;
  for (const auto& corner : corners) {
    const auto at = projected(point, corner);
    if (!at) return kFar;
    flat.push_back(*at);
  }
  bool inside = false;
  double nearest = kFar;
  for (std::size_t i = 0; i < flat.size(); ++i) {
    const Plane& a = flat[i];
    const Plane& b = flat[(i + 1) % flat.size()];
    if ((a.y > 0) != (b.y > 0) && a.x - a.y * (b.x - a.x) / (b.y - a.y) > 0) inside = !inside;
    nearest = std::min(nearest, distance_to_side(a, b));
  }
  return inside ? 0 : std::atan(nearest) / kRadian;
}

std::optional<double> number_of(std::string_view word) {
  double number = 0;
  if (word.starts_with('+')) word.remove_prefix(1);
  const auto read = std::from_chars(word.data(), word.data() + word.size(), number);
  const bool whole = read.ec == std::errc() && read.ptr == word.data() + word.size();
  return whole && std::isfinite(number) ? std::optional(number) : std::nullopt;
}

double distance_to_shape(const SkyPoint& point, std::string_view kind, const std::vector<double>& numbers) {
  const auto centre = [&numbers] { return SkyPoint{numbers[0], numbers[1]}; };
  const bool unnamed = kind.empty();
  if ((kind == "circle" || unnamed) && numbers.size() == 3)
    return std::max(0.0, client::separation_deg(point, centre()) - numbers[2]);
  if ((kind == "position" || unnamed) && numbers.size() == 2) return client::separation_deg(point, centre());
  if ((kind != "polygon" && !unnamed) || numbers.size() < 6 || numbers.size() % 2 != 0) return kFar;
  std::vector<SkyPoint> corners;
  for (std::size_t i = 0; i < numbers.size(); i += 2) corners.push_back({numbers[i], numbers[i + 1]});
  return distance_to_polygon(point, corners);
}

std::optional<std::size_t> column_of(const std::vector<client::Column>& columns, std::string_view name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [name](const auto& column) { return same_word(column.name, name); });
  return found == columns.end() ? std::nullopt
                                : std::optional(static_cast<std::size_t>(found - columns.begin()));
}

std::string cell(const client::Row& row, std::optional<std::size_t> column) {
  return column && *column < row.size() ? value_text(row[*column]) : std::string();
}

}  // namespace

std::optional<double> distance_to_region(const client::SkyPoint& point, std::string_view s_region) {
  double nearest = kFar;
  std::string kind;
  std::vector<double> numbers;
  const auto take_shape = [&] {
    if (!numbers.empty()) nearest = std::min(nearest, distance_to_shape(point, kind, numbers));
    numbers.clear();
  };
  const std::string text = lower(s_region);
  for (std::size_t at = 0; (at = text.find_first_not_of(" \t\n(),", at)) != std::string::npos;) {
    const std::size_t end = std::min(text.find_first_of(" \t\n(),", at), text.size());
    const std::string_view word = std::string_view(text).substr(at, end - at);
    at = end;
    if (const auto number = number_of(word)) {
      numbers.push_back(*number);
    } else if (word == "polygon" || word == "circle" || word == "position" || word == "union" ||
               word == "box") {
      take_shape();
      kind = word;
    }
  }
  take_shape();
  return nearest == kFar ? std::nullopt : std::optional(nearest);
}

PositionMatch::PositionMatch(const std::vector<client::Column>& columns, std::vector<Position> positions,
                             double radius_deg)
    : positions_(std::move(positions)), radius_deg_(radius_deg) {
  ra_ = column_of(columns, "s_ra");
  dec_ = column_of(columns, "s_dec");
  if (!ra_ || !dec_) {
    ra_ = column_of(columns, "ra");
    dec_ = column_of(columns, "dec");
  }
  region_ = column_of(columns, "s_region");
}

std::optional<client::SkyPoint> PositionMatch::centre_of(const client::Row& row) const {
  const auto ra = number_of(cell(row, ra_));
  const auto dec = number_of(cell(row, dec_));
  return ra && dec ? std::optional(SkyPoint{*ra, *dec}) : std::nullopt;
}

std::vector<PositionMatch::Belonging> PositionMatch::of(const client::Row& row) const {
  const auto centre = centre_of(row);
  const std::string region = cell(row, region_);
  std::vector<Belonging> found;
  std::optional<Belonging> nearest;
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const SkyPoint point{positions_[i].ra_deg, positions_[i].dec_deg};
    const auto separation = centre ? std::optional(client::separation_deg(point, *centre)) : std::nullopt;
    auto away = region.empty() ? std::nullopt : distance_to_region(point, region);
    if (!away) away = separation;
    if (!away) continue;
    if (*away <= radius_deg_ + kTolerance) found.push_back({i, separation});
    if (!nearest || (separation && nearest->separation && *separation < *nearest->separation))
      nearest = Belonging{i, separation};
  }
  if (found.empty() && nearest) found.push_back(*nearest);
  std::stable_sort(found.begin(), found.end(), [](const Belonging& a, const Belonging& b) {
    return a.separation && b.separation && *a.separation < *b.separation;
  });
  return found;
}

}  // namespace esofs::fs
