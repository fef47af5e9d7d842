#include "tests/sim/holdings/rows.h"

#include <cctype>
#include <cmath>
#include <numbers>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Kind = Dataset::Kind;

double rounded(double value, int digits) {
  const double scale = std::pow(10.0, digits);
  return std::round(value * scale) / scale;
}

struct LonLat {
  double lon, lat;
};

// Rotation to a system with pole (ra, dec) whose longitude of the celestial pole is `node`.
LonLat rotated(double ra, double dec, double pole_ra, double pole_dec, double node) {
  const double d = dec * kDegree;
  const double p = pole_dec * kDegree;
  const double a = (ra - pole_ra) * kDegree;
  const double lat = std::asin(std::sin(d) * std::sin(p) + std::cos(d) * std::cos(p) * std::cos(a));
  const double y = std::cos(d) * std::sin(a);
  const double x = std::sin(d) * std::cos(p) - std::cos(d) * std::sin(p) * std::cos(a);
  double lon = node - std::atan2(y, x) / kDegree;
  lon = std::fmod(lon + 720, 360);
  return {rounded(lon, 6), rounded(lat / kDegree, 6)};
}

LonLat galactic(double ra, double dec) { return rotated(ra, dec, 192.85948, 27.12825, 122.93192); }
LonLat ecliptic(double ra, double dec) { return rotated(ra, dec, 270, 66.5607, 90); }

std::string position(const Dataset& d) { return "POSITION J2000 " + decimal(d.ra) + " " + decimal(d.dec); }

// Corners of a field of half sizes hx, hy degrees, as ESO orders them.
std::string polygon(double ra, double dec, double hx, double hy) {
  const double x = hx / std::cos(dec * kDegree);
  std::string out = "POLYGON J2000";
  for (const auto& [sx, sy] : {std::pair{1, -1}, std::pair{-1, -1}, std::pair{-1, 1}, std::pair{1, 1}}) {
    out += " " + decimal(rounded(ra + sx * x, 6)) + " " + decimal(rounded(dec + sy * hy, 6));
  }
  return out;
}

std::string region(const Dataset& d) {
  if (d.is_raw() || d.kind == Kind::kSpectrum) return position(d);
  const double hx = d.pixel_arcsec > 0 ? static_cast<double>(d.nx) * d.pixel_arcsec / 7200 : 0.25;
  const double hy = d.pixel_arcsec > 0 ? static_cast<double>(d.ny) * d.pixel_arcsec / 7200 : 0.25;
  if (d.collection != "VPHASplus") return polygon(d.ra, d.dec, hx, hy);
  // OmegaCAM mosaics are unions of their chips; two stand for them.
  return "UNION J2000 ( " + polygon(d.ra - hx / 2, d.dec, hx / 2, hy).replace(0, 13, "POLYGON") + " " +
         polygon(d.ra + hx / 2, d.dec, hx / 2, hy).replace(0, 13, "POLYGON") + " )";
}

Cell text_or_null(const std::string& text) { return text.empty() ? Cell() : Cell(text); }
Cell number_or_null(double value) { return value == 0 ? Cell() : Cell(value); }
Cell count_or_null(std::int64_t value) { return value == 0 ? Cell() : Cell(value); }
Cell whole(std::int64_t value) { return value; }

std::int64_t kilobytes(std::uint64_t bytes) { return static_cast<std::int64_t>(bytes / 1000); }

std::string zulu(double mjd, int decimals) { return iso_date(mjd, decimals) + "Z"; }

std::string upper_extension(const std::string& name) {
  std::string out = name.substr(name.rfind('.') + 1);
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

bool is_product(const Dataset& d) { return !d.is_raw() && d.kind != Kind::kMaster; }

std::string checksum(const File& file) {
  std::string out;
  for (std::uint64_t x = seed_of(file.id); out.size() < 32; x = mix(x)) out += "0123456789abcdef"[x & 15U];
  return out;
}

// As it is stored: the correction of a header on download adds a block.
std::int64_t stored_bytes(const File& file) {
  constexpr std::int64_t kBlock = 2880;
  return static_cast<std::int64_t>(file.content->size()) - (file.patched_header ? kBlock : 0);
}

}  // namespace

std::string file_url(const std::string& base_url, const std::string& id) {
  return base_url + "/dataPortal/file/" + id;
}

std::string datalink_url(const std::string& base_url, const std::string& id) {
  return base_url + "/datalink/links?ID=" + kIdPrefix + id;
}

TableRow RowMaker::obscore(const Dataset& d, std::uint64_t bytes) const {
  const LonLat gal = galactic(d.ra, d.dec);
  const bool image = d.kind == Kind::kImage || d.kind == Kind::kMefImage;
  const bool cube = d.kind == Kind::kCube || d.kind == Kind::kPrimaryCube;
  const double t_max = d.mjd + d.exptime * 1.05 / 86400;
  const double modified = std::min(d.release_mjd, 61200.0) + 30;
  const std::uint64_t seed = seed_of(d.dp_id);
  TableRow row;
  row["abmaglim"] = number_or_null(d.abmaglim);
  row["access_estsize"] = kilobytes(bytes);
  row["access_format"] = "application/x-votable+xml;content=datalink";
  row["access_url"] = datalink_url(base_url_, d.dp_id);
  row["bib_reference"] = d.p3orig == "EDP" ? Cell("2012A&A...537A.107S") : Cell();
  row["calib_level"] = whole(d.kind == Kind::kSourceTable || d.p3orig == "EDP" ? 3 : 2);
  row["dataproduct_subtype"] = text_or_null(d.subtype);
  row["dataproduct_type"] = d.product_type();
  row["dp_id"] = d.dp_id;
  row["em_max"] = number_or_null(d.em_max);
  row["em_min"] = number_or_null(d.em_min);
  row["em_res_power"] = number_or_null(d.res_power);
  row["em_xel"] = whole(cube ? d.nz : d.kind == Kind::kSpectrum ? d.nx : 1);
  row["facility_name"] = text_or_null(d.telescope);
  row["filter"] = text_or_null(d.filter);
  row["gal_lat"] = gal.lat;
  row["gal_lon"] = gal.lon;
  row["instrument_name"] = text_or_null(d.instrument);
  row["is_solar"] = whole(0);
  row["last_mod_date"] = zulu(modified, 3);
  row["multi_ob"] = d.progenitors.size() > 4 ? "M" : "S";
  row["n_obs"] = static_cast<std::int64_t>(std::max<std::size_t>(1, d.progenitors.size()));
  row["o_calib_status"] =
      d.kind == Kind::kSpectrum && d.instrument != "XSHOOTER" ? "uncalibrated" : "absolute";
  row["o_ucd"] = d.kind == Kind::kSourceTable ? Cell() : Cell("phot.flux.density;em.wl");
  row["obs_collection"] = d.collection;
  row["obs_creator_did"] = "ivo://eso.org/origfile?" + d.origfile;
  row["obs_creator_name"] = text_or_null(d.pi);
  row["obs_id"] = std::to_string(200000000 + seed % 90000000);
  row["obs_publisher_did"] = kIdPrefix + d.dp_id;
  row["obs_release_date"] = zulu(d.release_mjd, 3);
  row["obs_title"] = text_or_null(d.title);
  row["obstech"] = text_or_null(d.obstech);
  row["p3orig"] = d.p3orig;
  row["pol_states"] = Cell();
  row["pol_xel"] = Cell();
  row["preview_html"] = base_url_ + "/dataset/" + d.dp_id;
  row["proposal_id"] = text_or_null(d.prog_id);
  row["publication_date"] = zulu(std::min(d.release_mjd, 61200.0), 0);
  row["release_description"] =
      base_url_ + "/rm/api/v1/public/releaseDescriptions/" + std::to_string(seed_of(d.collection) % 250);
  row["s_dec"] = d.dec;
  row["s_fov"] = rounded(d.fov_deg(), 11);
  row["s_pixel_scale"] = number_or_null(d.pixel_arcsec);
  row["s_ra"] = d.ra;
  row["s_region"] = region(d);
  row["s_resolution"] = rounded(d.seeing_arcsec, 3);
  row["s_xel1"] = image || cube ? count_or_null(d.nx) : Cell();
  row["s_xel2"] = image || cube ? count_or_null(d.ny) : Cell();
  row["snr"] = number_or_null(rounded(d.snr, 1));
  row["strehl"] = Cell();
  row["t_exptime"] = d.exptime;
  row["t_max"] = rounded(t_max, 8);
  row["t_min"] = rounded(d.mjd, 8);
  row["t_resolution"] = rounded((t_max - d.mjd) * 86400, 6);
  row["t_xel"] = whole(1);
  row["target_name"] = text_or_null(d.target);
  return row;
}

TableRow RowMaker::raw(const Dataset& d, const Holding& holding) const {
  const LonLat gal = galactic(d.ra, d.dec);
  const LonLat ecl = ecliptic(d.ra, d.dec);
  const std::uint64_t seed = seed_of(d.dp_id);
  const bool placed = d.has_position();
  const auto at_position = [placed](double value) { return placed ? Cell(value) : Cell(); };
  TableRow row;
  row["access_estsize"] = kilobytes(holding.file.content->size());
  row["access_url"] = file_url(base_url_, d.dp_id);
  row["datalink_url"] = datalink_url(base_url_, d.dp_id);
  row["date_obs"] = iso_date(d.mjd, 4);
  row["dec"] = at_position(d.dec);
  row["dec_pnt"] = at_position(d.dec);
  row["det_dit"] = d.exptime;
  row["det_expid"] = static_cast<std::int64_t>(seed % 9000);
  row["det_ndit"] = whole(1);
  row["dp_cat"] = d.dp_cat;
  row["dp_id"] = d.dp_id;
  row["dp_tech"] = d.dp_tech;
  row["dp_type"] = d.dp_type;
  row["ecl_lat"] = at_position(ecl.lat);
  row["ecl_lon"] = at_position(ecl.lon);
  row["exp_start"] = zulu(d.mjd, 3);
  row["exposure"] = d.exptime;
  row["filter_path"] = text_or_null(d.filter);
  row["gal_lat"] = at_position(gal.lat);
  row["gal_lon"] = at_position(gal.lon);
  row["ins_mode"] = d.dp_tech;
  row["instrument"] = d.instrument;
  row["lambda_max"] = number_or_null(rounded(d.em_max * 1e9, 4));
  row["lambda_min"] = number_or_null(rounded(d.em_min * 1e9, 4));
  row["last_mod_date"] = zulu(d.mjd + 0.12, 3);
  row["mjd_obs"] = rounded(d.mjd, 8);
  row["ob_id"] = static_cast<std::int64_t>(200000000 + seed % 90000000);
  row["ob_name"] = d.target + "_" + d.instrument;
  row["object"] = d.target;
  row["obs_mode"] = "s";
  row["origfile"] = d.origfile;
  row["period"] = static_cast<std::int64_t>((d.mjd - 51452) / 182.6 + 64);
  row["pi_coi"] = text_or_null(d.pi);
  row["prog_id"] = d.prog_id;
  row["prog_title"] = text_or_null(d.title);
  row["prog_type"] = whole(d.prog_id.rfind("60.A", 0) == 0 ? 6 : 0);
  row["ra"] = at_position(d.ra);
  row["ra_pnt"] = at_position(d.ra);
  row["release_date"] = zulu(d.release_mjd, 3);
  row["s_region"] = placed ? Cell(position(d)) : Cell();
  row["target"] = d.target;
  row["tel_airm_start"] = rounded(1 + unit(mix(seed)) * 0.8, 3);
  row["tel_airm_end"] = rounded(1.02 + unit(mix(seed)) * 0.8, 3);
  row["tel_alt"] = rounded(30 + unit(mix(seed + 1)) * 55, 3);
  row["tel_az"] = rounded(unit(mix(seed + 2)) * 360, 3);
  row["tel_ambi_fwhm_start"] = d.seeing_arcsec;
  row["tel_ambi_fwhm_end"] = rounded(d.seeing_arcsec + 0.05, 3);
  row["tel_ambi_pres_start"] = 744.05;
  row["tel_ambi_pres_end"] = 744.1;
  row["tel_ambi_rhum"] = 12.5;
  row["telescope"] = d.telescope;
  row["tpl_expno"] = whole(1);
  row["tpl_id"] = d.instrument + "_obs_generic";
  row["tpl_name"] = "Generic observation";
  row["tpl_nexp"] = whole(4);
  row["tpl_seqno"] = whole(2);
  row["tpl_start"] = iso_date(d.mjd - 0.001, 0);
  return row;
}

TableRow RowMaker::ssa(const Dataset& d, std::uint64_t bytes) const {
  const LonLat gal = galactic(d.ra, d.dec);
  const double t_max = d.mjd + d.exptime * 1.05 / 86400;
  TableRow row;
  row["access_estsize"] = kilobytes(bytes);
  row["access_url"] = file_url(base_url_, d.dp_id);
  row["APERTURE"] = 0.0003;
  row["COLLECTION"] = d.collection;
  row["creation_type"] = "archival";
  row["CREATORDID"] = "ivo://eso.org/origfile?" + d.origfile;
  row["curation_reference"] =
      base_url_ + "/rm/api/v1/public/releaseDescriptions/" + std::to_string(seed_of(d.collection) % 250);
  row["datalink_url"] = datalink_url(base_url_, d.dp_id);
  row["DATAMODEL"] = "Spectrum-1.0";
  row["dataset_length"] = d.nx;
  row["dataset_title"] = text_or_null(d.title);
  row["dp_id"] = d.dp_id;
  row["em_bw"] = d.em_max - d.em_min;
  row["em_max"] = d.em_max;
  row["em_min"] = d.em_min;
  row["em_val"] = (d.em_max + d.em_min) / 2;
  row["equinox"] = 2000.0;
  row["flux_ucd"] = "phot.flux.density;em.wl";
  row["FLUXCALIB"] = d.instrument == "XSHOOTER" ? "ABSOLUTE" : "UNCALIBRATED";
  row["FORMAT"] = "application/x-fits-bintable";
  row["gal_lat"] = gal.lat;
  row["gal_lon"] = gal.lon;
  row["instrument_name"] = d.instrument;
  row["MTIME"] = zulu(d.release_mjd + 30, 3);
  row["obs_creator_name"] = text_or_null(d.pi);
  row["positionJ2000"] = decimal(d.ra) + " " + decimal(d.dec);
  row["PUBDID"] = kIdPrefix + d.dp_id;
  row["publication_date"] = zulu(d.release_mjd, 0);
  row["publisher"] = "ESO";
  row["rights"] = d.proprietary ? "proprietary" : "public";
  row["s_dec"] = d.dec;
  row["s_ra"] = d.ra;
  row["s_region"] = position(d);
  row["SNR"] = number_or_null(rounded(d.snr, 1));
  row["space_frame"] = "FK5";
  row["spatial_resolution"] = 0.0003;
  row["SPECRP"] = d.res_power;
  row["t_elapsed"] = rounded((t_max - d.mjd) * 86400, 6);
  row["t_exptime"] = d.exptime;
  row["t_max"] = rounded(t_max, 8);
  row["t_mid"] = rounded((t_max + d.mjd) / 2, 8);
  row["t_min"] = rounded(d.mjd, 8);
  row["TARGETNAME"] = d.target;
  row["WAVECALIB"] = "ABSOLUTE";
  return row;
}

TableRow RowMaker::product_file(const Holding& holding, const File& file, std::int64_t number) const {
  TableRow row;
  row["access_estsize"] = kilobytes(file.content->size());
  row["access_url"] = file_url(base_url_, file.id);
  row["archive_id"] = file.id;
  row["eso_category"] = file.category;
  row["extension"] = upper_extension(file.name);
  row["internal_file_id"] = number;
  row["original_filename"] = file.original_name;
  row["product_id"] = holding.dp_id;
  return row;
}

std::vector<TableRow> RowMaker::rows(const std::string& table, const Dataset& d, const Holding& holding,
                                     std::size_t position) const {
  std::vector<TableRow> out;
  const bool product = is_product(d);
  const auto number = static_cast<std::int64_t>(position * 16 + 1000);
  if (table == "dbo.raw" && d.is_raw()) return {raw(d, holding)};
  if (!product) return out;
  const std::uint64_t bytes = holding.file.content->size();
  if (table == "ivoa.ObsCore") return {obscore(d, bytes)};
  if (table == "dbo.ssa" && d.kind == Kind::kSpectrum) return {ssa(d, bytes)};
  if (table == "phase3v2.product_files") {
    out.push_back(product_file(holding, holding.file, number));
    for (const File& file : holding.auxiliary) {
      out.push_back(product_file(holding, file, number + static_cast<std::int64_t>(out.size())));
    }
  }
  if (table == "phase3v2.files") {
    std::vector<const File*> files{&holding.file};
    for (const File& file : holding.auxiliary) files.push_back(&file);
    for (const File* file : files) {
      TableRow row;
      row["access_estsize"] = stored_bytes(*file);  // in bytes, here
      row["archive_id"] = file->id;
      row["category"] = file->category;
      row["checksum"] = checksum(*file);
      row["file_id"] = number + static_cast<std::int64_t>(out.size());
      row["name"] = file->original_name;
      out.push_back(std::move(row));
    }
  }
  if (table == "phase3v2.provenance") {
    for (const std::string& source : d.progenitors)
      out.push_back({{"product_file", number}, {"source_file", source}});
  }
  return out;
}

}  // namespace esofs::sim
