#include "tests/sim/soda/pixel_box.h"

#include <wcslib/spx.h>
#include <wcslib/wcs.h>
#include <wcslib/wcshdr.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

namespace esofs::sim {
namespace {

constexpr double kLightSpeed = 299792458.0;

// The primary world coordinates of a header.
class Wcs {
 public:
  explicit Wcs(const FitsCards& cards) {
    std::string text = cards.plain_text();
    int rejected = 0;
    if (wcspih(text.data(), static_cast<int>(text.size() / 80), WCSHDR_all, 0, &rejected, &count_, &all_) !=
            0 ||
        count_ == 0 || wcsset(all_) != 0)
      clear();
  }
  Wcs(const Wcs&) = delete;
  Wcs& operator=(const Wcs&) = delete;
  ~Wcs() { clear(); }

  bool valid() const { return all_ != nullptr; }
  int axes() const { return all_->naxis; }
  int longitude() const { return all_->lng; }
  int latitude() const { return all_->lat; }
  int spectral() const { return all_->spec; }
  std::string spectral_type() const { return std::string(all_->ctype[all_->spec]).substr(0, 4); }

  // Pixel coordinates (from 1) of world coordinates; nullopt if the projection has none.
  std::optional<std::vector<double>> pixel(const SkyPoint& point) const {
    const auto n = static_cast<std::size_t>(axes());
    std::vector<double> world(all_->crval, all_->crval + n);
    std::vector<double> between(n);
    std::vector<double> out(n);
    world[static_cast<std::size_t>(longitude())] = point.ra;
    world[static_cast<std::size_t>(latitude())] = point.dec;
    double phi = 0;
    double theta = 0;
    int status = 0;
    if (wcss2p(all_, 1, axes(), world.data(), &phi, &theta, between.data(), out.data(), &status) != 0)
      return std::nullopt;
    return out;
  }

  // Of plane `number` (from 1) of the spectral axis, in the units that WCSLIB makes SI.
  double spectral_value(std::int64_t number) const {
    const auto n = static_cast<std::size_t>(axes());
    const auto s = static_cast<std::size_t>(spectral());
    std::vector<double> pixel(all_->crpix, all_->crpix + n);
    std::vector<double> between(n);
    std::vector<double> world(n);
    pixel[s] = static_cast<double>(number);
    double phi = 0;
    double theta = 0;
    int status = 0;
    if (wcsp2s(all_, 1, axes(), pixel.data(), between.data(), &phi, &theta, world.data(), &status) != 0)
      return std::numeric_limits<double>::quiet_NaN();
    return world[s];
  }

 private:
  void clear() {
    if (all_ != nullptr) wcsvfree(&count_, &all_);
    all_ = nullptr;
  }

  int count_ = 0;
  wcsprm* all_ = nullptr;
};

double vacuum_wavelength(const std::string& type, double value) {
  if (type == "FREQ") return kLightSpeed / value;
  if (type != "AWAV") return value;
  double out = 0;
  int status = 0;
  return awavwave(0, 1, 1, 1, &value, &out, &status) == 0 ? out : std::numeric_limits<double>::quiet_NaN();
}

struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();
  void add(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

// Pixels (from 0) whose centres lie in the extent of pixel coordinates (from 1); nullopt: none of `size`.
std::optional<Span> pixels_in(const Extent& extent, std::int64_t size) {
  const double limit = static_cast<double>(size);
  if (extent.high < 0.5 || extent.low >= limit + 0.5) return std::nullopt;
  double first = std::ceil(extent.low);
  double last = std::floor(extent.high);
  if (first > last) first = last = std::round((extent.low + extent.high) / 2);
  first = std::clamp(first, 1.0, limit);
  last = std::clamp(last, 1.0, limit);
  return Span{static_cast<std::int64_t>(first) - 1, static_cast<std::int64_t>(last) - 1};
}

bool narrow_sky(const Wcs& wcs, const FitsHdu& hdu, const SkyShape& shape, PixelBox& box) {
  const auto x = static_cast<std::size_t>(wcs.longitude());
  const auto y = static_cast<std::size_t>(wcs.latitude());
  Extent extent_x;
  Extent extent_y;
  std::size_t lost = 0;
  const auto outline = shape.outline();
  for (const SkyPoint& point : outline) {
    const auto pixel = wcs.pixel(point);
    if (!pixel) {
      ++lost;
      continue;
    }
    extent_x.add((*pixel)[x]);
    extent_y.add((*pixel)[y]);
  }
  if (lost == outline.size()) return false;
  if (lost > 0) return true;  // it reaches beyond the horizon of the projection: take all pixels
  const auto span_x = pixels_in(extent_x, hdu.axes[x]);
  const auto span_y = pixels_in(extent_y, hdu.axes[y]);
  if (!span_x || !span_y) return false;
  box[x] = *span_x;
  box[y] = *span_y;
  return true;
}

bool narrow_band(const Wcs& wcs, const FitsHdu& hdu, const Interval& band, PixelBox& box) {
  const auto axis = static_cast<std::size_t>(wcs.spectral());
  const std::int64_t size = hdu.axes[axis];
  const std::string type = wcs.spectral_type();
  const auto wavelength = [&](std::int64_t i) { return vacuum_wavelength(type, wcs.spectral_value(i + 1)); };
  Span found{size, -1};
  std::int64_t nearest = 0;
  double distance = std::numeric_limits<double>::infinity();
  const double wanted = (band.low + band.high) / 2;
  for (std::int64_t i = 0; i < size; ++i) {
    const double here = wavelength(i);
    if (here >= band.low && here <= band.high) {
      found.first = std::min(found.first, i);
      found.last = std::max(found.last, i);
    }
    if (std::abs(here - wanted) < distance) {
      distance = std::abs(here - wanted);
      nearest = i;
    }
  }
  if (found.last < 0) {
    // The band is narrower than a channel: take the channel around it.
    const double step =
        size > 1
            ? std::abs(wavelength(std::min(nearest + 1, size - 1)) - wavelength(std::min(nearest, size - 2)))
            : 0;
    if (distance > step / 2) return false;
    found = {nearest, nearest};
  }
  box[axis] = found;
  return true;
}

}  // namespace

Coverage find_pixels(const FitsHdu& hdu, const std::optional<SkyShape>& shape,
                     const std::optional<Interval>& band) {
  const Wcs wcs(hdu.cards);
  if (!wcs.valid()) return {};
  const auto size = static_cast<int>(hdu.axes.size());
  const bool sky = shape && wcs.longitude() >= 0 && std::max(wcs.longitude(), wcs.latitude()) < size;
  const bool spectral = band && wcs.spectral() >= 0 && wcs.spectral() < size;
  if (!sky && !spectral) return {};
  PixelBox box;
  for (const std::int64_t axis : hdu.axes) box.push_back({0, axis - 1});
  if (sky && !narrow_sky(wcs, hdu, *shape, box)) return {true, std::nullopt};
  if (spectral && !narrow_band(wcs, hdu, *band, box)) return {true, std::nullopt};
  return {true, std::move(box)};
}

}  // namespace esofs::sim
