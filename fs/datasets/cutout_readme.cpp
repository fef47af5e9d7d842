#include "fs/datasets/cutout_readme.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "client/base/angle.h"

namespace esofs::fs {
namespace {

std::string rounded(double degrees, double step) { return angle_text(std::round(degrees / step) * step); }

// For names that people read: the sixth decimal is a few milliarcseconds.
std::string short_degrees(double degrees) {
  std::array<char, 64> text{};
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), degrees, std::chars_format::fixed, 6).ptr;
  std::string shown(text.data(), end);
  shown.erase(shown.find_last_not_of('0') + 1);
  if (shown.ends_with('.')) shown.pop_back();
  return shown == "-0" ? "0" : shown;
}

std::string point_text(const client::SkyPoint& point) {
  return angle_text(point.ra_deg) + " " + angle_text(point.dec_deg);
}

// A name that is likely to give data: the middle of the dataset.
std::string example(const client::CutoutOffer& offer) {
  std::string name;
  if (offer.circles && offer.field) {
    const double arcsec = std::max(offer.field->radius_deg * 3600 / 10, 0.01);
    const double step = arcsec >= 1 ? 1 : 0.01;
    name = "circle_" + short_degrees(offer.field->centre.ra_deg) + "_" +
           short_degrees(offer.field->centre.dec_deg) + "_" + rounded(arcsec, step) + "arcsec";
  }
  if (offer.bands && offer.range) {
    const double middle = (offer.range->lo_m + offer.range->hi_m) / 2;
    const double half = (offer.range->hi_m - offer.range->lo_m) / 20;
    name += (name.empty() ? "band_" : "__band_") + client::metres_text(middle - half) + "_" +
            client::metres_text(middle + half);
  }
  return name;
}

}  // namespace

std::string cutout_readme(const std::string& id, const client::CutoutOffer& offer) {
  std::string text = "Cutouts of " + id + "\n\n";
  if (!offer.any) return text + "The archive offers none for this dataset.\n";
  text +=
      "If you open a file of such a name, the archive cuts it out; only the cutout is transferred:\n"
      "  circle_RA_DEC_RADIUS.fits   polygon_RA_DEC_RA_DEC_RA_DEC.fits   band_LO_HI.fits\n"
      "  circle_RA_DEC_RADIUS__band_LO_HI.fits   …__prefix_TEXT.fits\n"
      "Angles are degrees, or end in arcmin, arcsec, mas; also 05h35m17.3s and -05d23m28s. Wavelengths are "
      "metres in\n"
      "vacuum, or end in A, nm, um, mm, the shorter one first. Cutouts are kept and listed here.\n\n";
  text += "service   " + offer.service + (offer.by_job ? " (by a job)" : "") + "\n";
  std::string takes;
  for (const auto& [yes, word] : {std::pair(offer.circles, "circle"), std::pair(offer.polygons, "polygon"),
                                  std::pair(offer.bands, "band")}) {
    if (yes) takes += (takes.empty() ? "" : ", ") + std::string(word);
  }
  text += "takes     " + takes + "\n";
  if (offer.field)
    text += "field     circle " + point_text(offer.field->centre) + " radius " +
            angle_text(offer.field->radius_deg) + " deg\n";
  if (!offer.outline.empty()) {
    text += "outline   polygon";
    for (const auto& corner : offer.outline) text += " " + point_text(corner);
    text += " deg\n";
  }
  if (offer.range)
    text += "band      " + client::metres_text(offer.range->lo_m) + " to " +
            client::metres_text(offer.range->hi_m) + " m\n";
  if (const std::string name = example(offer); !name.empty()) text += "example   " + name + ".fits\n";
  return text;
}

}  // namespace esofs::fs
