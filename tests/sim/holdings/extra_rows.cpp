#include "tests/sim/holdings/extra_rows.h"

#include "tests/sim/files/fits_builder.h"
#include "tests/sim/holdings/inventor.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

constexpr const char* kExtraStart = "2023-01-01T00:00:00.000";

}  // namespace

Dataset extra_dataset(std::uint64_t index) {
  const std::uint64_t seed = mix(index + 77);
  Dataset d = invented(Dataset::Kind::kImage, "OMEGACAM", "ESO-VST", kBlank);
  d.dp_id = "ADP." + iso_date(mjd_of(kExtraStart) + static_cast<double>(index) / 86400.0, 3);
  d.target = "KIDS-" + std::to_string(index);
  d.giant = true;
  d.collection = "KiDS";
  d.category = "SCIENCE.IMAGE";
  d.prog_id = "177.A-3016(A)";
  d.pi = "KUIJKEN, KONRAD";
  d.filter = "r_SDSS";
  d.obstech = "IMAGE";
  d.p3orig = "EDP";
  d.pixel_arcsec = 0.2;
  d.ra = unit(mix(seed)) * 360;
  d.dec = unit(mix(seed + 1)) * 70 - 60;
  d.em_min = 550e-9;
  d.em_max = 690e-9;
  d.exptime = 1800;
  d.abmaglim = 24.9;
  d.mjd = 55880.0 + unit(mix(seed + 2)) * 2000;
  d.release_mjd = mjd_of(d.dp_id.substr(4));
  d.nx = 64;
  d.ny = 64;
  d.origfile = "KiDS_" + std::to_string(index) + "_r_sci.fits";
  return d;
}

std::uint64_t extra_size() {
  static const std::uint64_t size = fits_file(extra_dataset(0), 0)->size();
  return size;
}

std::optional<std::uint64_t> extra_index(const std::string& dp_id, std::uint64_t count) {
  if (count == 0 || dp_id.rfind("ADP.", 0) != 0) return std::nullopt;
  const double seconds = (mjd_of(dp_id.substr(4)) - mjd_of(kExtraStart)) * 86400.0 + 0.5;
  if (seconds < 0 || seconds >= static_cast<double>(count) + 1) return std::nullopt;
  const auto index = static_cast<std::uint64_t>(seconds);
  if (index >= count || extra_dataset(index).dp_id != dp_id) return std::nullopt;
  return index;
}

}  // namespace esofs::sim
