#include "tests/sim/holdings/datasets.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "tests/sim/files/compress.h"
#include "tests/sim/files/fits_builder.h"
#include "tests/sim/holdings/linked.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Kind = Dataset::Kind;
using Packing = Dataset::Packing;

constexpr double kTableRadius_deg = 0.36;  // of tables of sources, which fill half a degree

std::string ending(Packing packing) {
  switch (packing) {
    case Packing::kPlain:
      return ".fits";
    case Packing::kLzw:
      return ".fits.Z";
    case Packing::kGzip:
      return ".fits.gz";
    case Packing::kTiles:
      break;
  }
  return ".fits.fz";
}

ContentPtr packed(ContentPtr plain, Packing packing) {
  if (packing == Packing::kPlain) return plain;
  return made([plain = std::move(plain), packing] {
    const std::string bytes = all_bytes(*plain);
    if (packing == Packing::kLzw) return lzw(bytes);
    return packing == Packing::kGzip ? gzip(bytes) : tile_compressed(bytes);
  });
}

std::string media_type(const Dataset& d) {
  if (d.packing == Packing::kTiles) return "application/x-fits-hcompress";
  if (d.packing == Packing::kLzw) return "application/x-fits-compress";
  if (d.packing == Packing::kGzip) return "application/x-fits-gzip";
  return d.kind == Kind::kImage ? "image/fits" : "application/fits";
}

// The footprint of an image or a table: its corners, north up unless it is rotated.
std::string corners(const Dataset& d) {
  const double half_x = d.pixel_arcsec > 0 ? static_cast<double>(d.nx) * d.pixel_arcsec / 7200 : 0.25;
  const double half_y = d.pixel_arcsec > 0 ? static_cast<double>(d.ny) * d.pixel_arcsec / 7200 : 0.25;
  const double angle = d.rotation_deg * kDegree;
  std::string out;
  for (const auto& [x, y] : {std::pair{1, -1}, std::pair{-1, -1}, std::pair{-1, 1}, std::pair{1, 1}}) {
    const double east = x * half_x * std::cos(angle) + y * half_y * std::sin(angle);
    const double north = -x * half_x * std::sin(angle) + y * half_y * std::cos(angle);
    const double ra = std::fmod(d.ra + east / std::cos((d.dec + north) * kDegree) + 360, 360);
    out += (out.empty() ? "" : " ") + decimal(ra) + " " + decimal(d.dec + north);
  }
  return out;
}

CutoutOffer cutout_of(const Dataset& d) {
  CutoutOffer offer;
  if (d.is_raw() || d.kind == Kind::kMaster || d.kind == Kind::kVisibility || !d.disk_path.empty())
    return offer;
  const bool spectrum = d.kind == Kind::kSpectrum;
  const bool cube = d.kind == Kind::kCube || d.kind == Kind::kPrimaryCube;
  const double radius = d.pixel_arcsec > 0 ? d.fov_deg() / 2 : kTableRadius_deg;
  offer.form = d.soda_form;
  if (!spectrum) offer.circle = decimal(d.ra) + " " + decimal(d.dec) + " " + decimal(radius);
  if (!spectrum) offer.polygon = corners(d);
  if (spectrum || cube) offer.band = decimal(d.em_min) + " " + decimal(d.em_max);
  return offer;
}

// Of an ancillary image: where the dataset is, without wavelengths.
CutoutOffer image_cutout_of(const Dataset& d) {
  CutoutOffer offer = cutout_of(d);
  offer.band.clear();
  return offer;
}

File main_file(const Dataset& d) {
  File file;
  file.id = d.dp_id;
  file.name = d.dp_id + ending(d.packing);
  file.original_name = d.is_raw() ? file.name : d.origfile;
  file.content_type = media_type(d);
  file.category = d.is_raw() ? "" : d.category;
  file.patched_header = d.patched_header;
  file.proprietary = d.proprietary;
  file.cutout = cutout_of(d);
  file.release_mjd = d.release_mjd;
  if (!d.disk_path.empty()) {
    file.content = on_disk(d.disk_path);
    file.changed = altered(file.content);
    return file;
  }
  file.content = deferred([d] { return packed(fits_file(d, 0), d.packing); });
  file.changed = deferred([d] { return packed(fits_file(d, 1), d.packing); });
  return file;
}

File side_file(std::string id, std::string ending_of_name, std::string original, std::string type,
               std::string category, ContentPtr content) {
  File file;
  file.name = id + ending_of_name;
  file.id = std::move(id);
  file.original_name = std::move(original);
  file.content_type = std::move(type);
  file.category = std::move(category);
  file.changed = altered(content);
  file.content = std::move(content);
  return file;
}

std::string pipeline_log(const Dataset& d) {
  std::string text = "[ INFO  ] sim_scipost: started for " + d.dp_id + "\n";
  for (int i = 0; i < 400; ++i) {
    text += iso_date(d.mjd + i * 1e-5, 3) + " [ INFO  ] sim_scipost: step " + std::to_string(i) +
            " of the reduction of " + d.target + "\n";
  }
  return text + "[ INFO  ] sim_scipost: done\n";
}

std::string night_log(const Dataset& d) {
  return "NIGHT LOG of " + d.dp_id + "\n\nTelescope: " + d.telescope + "\nInstrument: " + d.instrument +
         "\nProgramme: " + d.prog_id + "\nOB start: " + iso_date(d.mjd, 0) +
         "\nSeeing at start: " + decimal(d.seeing_arcsec) +
         "\nSky transparency: Clear\n\nComments: no problem was reported.\n";
}

std::vector<File> cube_auxiliaries(const Dataset& d) {
  const std::string stem = "r." + d.instrument + "." + iso_date(d.mjd, 3) + "_tpl";
  const std::string image_id = next_id(d.dp_id, 1);
  std::vector<File> files;
  files.push_back(side_file(image_id, ".fits",
                            "MU_SIMC_" + std::to_string(seed_of(d.dp_id) % 10000000) + ".fits",
                            "application/fits", "ANCILLARY.IMAGE.WHITELIGHT",
                            deferred([d, image_id] { return white_light(d, image_id); })));
  files.back().cutout = image_cutout_of(d);
  files.push_back(side_file(next_id(d.dp_id, 2), ".log", stem + ".log", "", "ANCILLARY.README",
                            made([d] { return pipeline_log(d); })));
  for (int i = 3; i <= 4; ++i) {
    files.push_back(side_file(
        next_id(d.dp_id, i), ".png", stem + (i == 3 ? ".png" : "_pst.png"), "image/png", "ANCILLARY.PREVIEW",
        made([seed = seed_of(d.dp_id) + static_cast<unsigned>(i)] { return png(seed, 256); })));
  }
  return files;
}

std::vector<File> auxiliaries(const Dataset& d) {
  if (d.is_raw()) {
    return {side_file(d.dp_id + ".NL", ".txt", d.dp_id + ".NL.txt", "text/plain", "Night Log",
                      stored(night_log(d)))};
  }
  if (d.dp_id.rfind("ADP.", 0) != 0 || !d.disk_path.empty()) return {};
  if (d.kind == Kind::kCube || d.kind == Kind::kPrimaryCube) return cube_auxiliaries(d);
  if (d.weight_map) {
    const std::string id = next_id(d.dp_id, 1);
    std::vector<File> files{side_file(id, ".fits", "weights_of_" + d.origfile, "image/fits",
                                      "ANCILLARY.WEIGHTMAP",
                                      deferred([d, id] { return weight_map(d, id); }))};
    files.back().cutout = image_cutout_of(d);
    return files;
  }
  if (d.kind == Kind::kSpectrum && seed_of(d.dp_id) % 2 == 0) {
    return {side_file(next_id(d.dp_id, 1), ".log", "r." + d.instrument + "." + iso_date(d.mjd, 3) + ".log",
                      "", "ANCILLARY.README", made([d] { return pipeline_log(d); }))};
  }
  return {};
}

}  // namespace

std::string Dataset::product_type() const {
  switch (kind) {
    case Kind::kCube:
    case Kind::kPrimaryCube:
      return "cube";
    case Kind::kSpectrum:
      return "spectrum";
    case Kind::kSourceTable:
    case Kind::kCatalogTile:
      return "measurements";
    case Kind::kVisibility:
      return "visibility";
    default:
      return "image";
  }
}

double Dataset::fov_deg() const {
  if (kind == Kind::kSpectrum) return 0.0003;
  if (pixel_arcsec <= 0) return 0.7;
  return std::hypot(static_cast<double>(nx), static_cast<double>(ny)) * pixel_arcsec / 3600;
}

Holding holding_of(const Dataset& d) {
  Holding holding;
  holding.dp_id = d.dp_id;
  holding.raw = d.is_raw();
  holding.file = main_file(d);
  holding.auxiliary = auxiliaries(d);
  for (File& file : linked_files(d)) holding.auxiliary.push_back(std::move(file));
  holding.extra_links = linked_rows(d);
  holding.progenitors = d.progenitors;
  holding.science = d.is_raw() && d.dp_cat == "SCIENCE";
  return holding;
}

std::string next_id(const std::string& adp_id, int k) {
  const auto dot = adp_id.find('.');
  const double mjd = mjd_of(adp_id.substr(dot + 1));
  return adp_id.substr(0, dot + 1) + iso_date(mjd + k / 86400000.0, 3);
}

}  // namespace esofs::sim
