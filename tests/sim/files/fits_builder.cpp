#include "tests/sim/files/fits_builder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <utility>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Kind = Dataset::Kind;

template <class T>
void put(std::string& out, T value) {
  auto bytes = std::bit_cast<std::array<char, sizeof(T)>>(value);
  if constexpr (std::endian::native == std::endian::little) std::reverse(bytes.begin(), bytes.end());
  out.append(bytes.data(), bytes.size());
}

std::uint64_t seed_for(const Dataset& dataset, int version, std::uint64_t hdu) {
  return mix(seed_of(dataset.dp_id) + static_cast<std::uint64_t>(version) * 1000 + hdu);
}

// A sky with noise and some thirty stars.
std::vector<float> sky(std::int64_t nx, std::int64_t ny, std::uint64_t seed, float level) {
  std::vector<float> pixels(static_cast<std::size_t>(nx * ny));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    pixels[i] = level + static_cast<float>(unit(mix(seed + i)) * 10 - 5);
  }
  for (std::uint64_t star = 0; star < 30; ++star) {
    const double x0 = unit(mix(seed ^ (star * 3 + 1))) * static_cast<double>(nx);
    const double y0 = unit(mix(seed ^ (star * 3 + 2))) * static_cast<double>(ny);
    const double peak = 50 / (0.02 + unit(mix(seed ^ (star * 3 + 3))));
    for (std::int64_t y = std::max<std::int64_t>(0, std::llround(y0) - 8);
         y < ny && static_cast<double>(y) < y0 + 8; ++y) {
      for (std::int64_t x = std::max<std::int64_t>(0, std::llround(x0) - 8);
           x < nx && static_cast<double>(x) < x0 + 8; ++x) {
        const double dx = static_cast<double>(x) - x0;
        const double dy = static_cast<double>(y) - y0;
        pixels[static_cast<std::size_t>(y * nx + x)] +=
            static_cast<float>(peak * std::exp(-(dx * dx + dy * dy) / 8));
      }
    }
  }
  return pixels;
}

enum class Pixel { kFloat, kInt32, kInt16, kUint16 };

std::size_t bytes_of(Pixel pixel) { return pixel == Pixel::kInt16 || pixel == Pixel::kUint16 ? 2 : 4; }

std::string pixel_bytes(std::int64_t nx, std::int64_t ny, std::int64_t nz, Pixel pixel, std::uint64_t seed) {
  std::string out;
  out.reserve(static_cast<std::size_t>(nx * ny * nz) * bytes_of(pixel));
  for (std::int64_t z = 0; z < nz; ++z) {
    for (const float value :
         sky(nx, ny, seed + static_cast<std::uint64_t>(z / 8), 200.F + static_cast<float>(z % 8))) {
      switch (pixel) {
        case Pixel::kFloat:
          put(out, value);
          break;
        case Pixel::kInt32:
          // Flags of quality: bit 0 for bright pixels, the others at random.
          put(out,
              static_cast<std::int32_t>((value > 500.F ? 1 : 0) + 2 * (static_cast<int>(value * 1000) % 16)));
          break;
        case Pixel::kInt16:
          put(out, static_cast<std::int16_t>(value));
          break;
        case Pixel::kUint16:
          put(out, static_cast<std::int16_t>(static_cast<std::int32_t>(value) - 32768));
          break;
      }
    }
  }
  return out;
}

FitsHeader array_start(const std::string& extension, Pixel pixel, const std::vector<std::int64_t>& axes) {
  FitsHeader header;
  if (extension.empty()) {
    header.flag("SIMPLE", true, "Standard FITS");
  } else {
    header.string("XTENSION", "IMAGE", "IMAGE extension");
  }
  header.integer("BITPIX", pixel == Pixel::kFloat ? -32 : static_cast<std::int64_t>(bytes_of(pixel)) * 8);
  header.integer("NAXIS", static_cast<std::int64_t>(axes.size()));
  for (std::size_t i = 0; i < axes.size(); ++i) header.integer("NAXIS" + std::to_string(i + 1), axes[i]);
  if (!extension.empty()) header.integer("PCOUNT", 0).integer("GCOUNT", 1).string("EXTNAME", extension);
  if (pixel == Pixel::kUint16) header.real("BZERO", 32768.0).real("BSCALE", 1.0);
  return header;
}

void add_sky_coordinates(FitsHeader& header, const Dataset& d) {
  const double scale = (d.pixel_arcsec > 0 ? d.pixel_arcsec : 0.2) / 3600;
  const double angle = d.rotation_deg * 0.017453292519943295;
  header.string("CTYPE1", "RA---" + d.projection).string("CTYPE2", "DEC--" + d.projection);
  header.real("CRPIX1", static_cast<double>(d.nx + 1) / 2).real("CRPIX2", static_cast<double>(d.ny + 1) / 2);
  header.real("CRVAL1", d.ra).real("CRVAL2", d.dec).string("CUNIT1", "deg").string("CUNIT2", "deg");
  header.real("CD1_1", -scale * std::cos(angle)).real("CD1_2", scale * std::sin(angle));
  header.real("CD2_1", scale * std::sin(angle)).real("CD2_2", scale * std::cos(angle));
  if (d.projection == "ZPN") header.real("PV2_1", 1).real("PV2_3", 42);
}

void add_cube_coordinates(FitsHeader& header, const Dataset& d) {
  add_sky_coordinates(header, d);
  const bool air = d.wave_type == "AWAV";
  const double unit_m = air ? 1e-10 : 1;
  header.string("CTYPE3", d.wave_type).string("CUNIT3", air ? "Angstrom" : "m");
  header.real("CRPIX3", 1).real("CRVAL3", d.em_min / unit_m);
  header.real("CD3_3",
              (d.em_max - d.em_min) / unit_m / static_cast<double>(std::max<std::int64_t>(1, d.nz - 1)));
  header.real("CD1_3", 0).real("CD2_3", 0).real("CD3_1", 0).real("CD3_2", 0);
}

// Cards that the primary header of every file of the archive has.
void add_common_cards(FitsHeader& header, const Dataset& d) {
  header.string("ORIGIN", d.is_raw() ? "ESO-PARANAL" : "ESO", "European Southern Observatory");
  header.string("TELESCOP", d.telescope).string("INSTRUME", d.instrument).string("OBJECT", d.target);
  header.real("RA", d.ra, "[deg] pointing (J2000.0)").real("DEC", d.dec, "[deg] pointing (J2000.0)");
  header.real("EQUINOX", 2000).string("RADESYS", "FK5");
  header.real("EXPTIME", d.exptime, "[s] total integration time")
      .real("MJD-OBS", d.mjd, "Start of observations");
  header.real("MJD-END", d.mjd + d.exptime / 86400).string("DATE-OBS", iso_date(d.mjd, 4));
  header.string("DATE", iso_date(d.mjd + 1, 0)).string("PI-COI", d.pi);
  header.string("ARCFILE", d.dp_id + ".fits", "Archive file name")
      .string("ORIGFILE", d.origfile, "Original file name");
  if (!d.is_raw()) {
    header.string("PROG_ID", d.prog_id).string("PRODCATG", d.category, "Data product category");
    header.string("OBSTECH", d.obstech).string("SPECSYS", "TOPOCENT").flag("FLUXCAL", true);
    header.real("WAVELMIN", d.em_min * 1e9, "[nm]").real("WAVELMAX", d.em_max * 1e9, "[nm]");
    for (std::size_t i = 0; i < d.progenitors.size(); ++i) {
      header.string("PROV" + std::to_string(i + 1), d.progenitors[i] + ".fits",
                    "Originating raw science file");
    }
  }
  add_eso_cards(header, d);
}

ContentPtr hdu(const FitsHeader& header, ContentPtr data) {
  return joined({stored(header.text()), padded(std::move(data))});
}

ContentPtr hdu(const FitsHeader& header) { return stored(header.text()); }

FitsHeader empty_primary(const Dataset& d) {
  FitsHeader header;
  header.flag("SIMPLE", true, "Standard FITS").integer("BITPIX", 8).integer("NAXIS", 0).flag("EXTEND", true);
  add_common_cards(header, d);
  return header;
}

ContentPtr pixels(const Dataset& d, Pixel pixel, std::int64_t nz, std::uint64_t seed) {
  const std::uint64_t size = static_cast<std::uint64_t>(d.nx * d.ny * nz) * bytes_of(pixel);
  if (d.giant) return computed(seed, size);
  return made(size, [nx = d.nx, ny = d.ny, nz, pixel, seed] { return pixel_bytes(nx, ny, nz, pixel, seed); });
}

ContentPtr single_array(const Dataset& d, int version, Pixel pixel) {
  std::vector<std::int64_t> axes{d.nx, d.ny};
  if (d.nz > 1) axes.push_back(d.nz);
  FitsHeader header = array_start("", pixel, axes);
  if (!d.is_raw()) header.flag("EXTEND", true);  // raws of one HDU do not have it
  if (d.nz > 1) {
    add_cube_coordinates(header, d);
  } else {
    add_sky_coordinates(header, d);
  }
  if (!d.is_raw()) header.string("BUNIT", "adu");
  add_common_cards(header, d);
  return hdu(header, pixels(d, pixel, std::max<std::int64_t>(1, d.nz), seed_for(d, version, 0)));
}

ContentPtr extensions(const Dataset& d, int version,
                      const std::vector<std::pair<std::string, Pixel>>& names) {
  std::vector<ContentPtr> parts{hdu(empty_primary(d))};
  std::uint64_t number = 0;
  for (const auto& [name, pixel] : names) {
    std::vector<std::int64_t> axes{d.nx, d.ny};
    if (d.nz > 1) axes.push_back(d.nz);
    FitsHeader header = array_start(name, pixel, axes);
    if (d.nz > 1) {
      add_cube_coordinates(header, d);
      header.string("BUNIT", "10**(-20)*erg/s/cm**2/Angstrom");
    } else {
      add_sky_coordinates(header, d);
    }
    if (!d.is_raw())
      header.string("HDUCLASS", "ESO").string("HDUDOC", "DICD").string("HDUVERS", "DICD version 6");
    if (!d.is_raw() && number == 0) header.string("HDUCLAS1", "IMAGE").string("HDUCLAS2", "DATA");
    header.string("OBJECT", d.target);
    parts.push_back(
        hdu(header, pixels(d, pixel, std::max<std::int64_t>(1, d.nz), seed_for(d, version, ++number))));
  }
  return joined(std::move(parts));
}

struct TableColumn {
  const char* name;
  const char* form;
  const char* unit;
};

FitsHeader table_start(const std::string& name, std::int64_t row_bytes, std::int64_t rows,
                       const std::vector<TableColumn>& columns, std::int64_t repeat) {
  FitsHeader header;
  header.string("XTENSION", "BINTABLE", "binary table extension").integer("BITPIX", 8).integer("NAXIS", 2);
  header.integer("NAXIS1", row_bytes).integer("NAXIS2", rows).integer("PCOUNT", 0).integer("GCOUNT", 1);
  header.integer("TFIELDS", static_cast<std::int64_t>(columns.size())).string("EXTNAME", name);
  int i = 0;
  for (const TableColumn& column : columns) {
    const std::string n = std::to_string(++i);
    header.string("TTYPE" + n, column.name).string("TFORM" + n, std::to_string(repeat) + column.form);
    if (*column.unit != '\0') header.string("TUNIT" + n, column.unit);
  }
  return header;
}

ContentPtr spectrum(const Dataset& d, int version) {
  FitsHeader table = table_start("SPECTRUM", d.nx * 16, 1,
                                 {{"WAVE", "D", "nm"},
                                  {"FLUX", "E", "erg.cm**(-2).s**(-1).angstrom**(-1)"},
                                  {"ERR", "E", "erg.cm**(-2).s**(-1).angstrom**(-1)"}},
                                 d.nx);
  table.string("TUTYP1", "Spectrum.Data.SpectralAxis.Value").string("TUTYP2", "Spectrum.Data.FluxAxis.Value");
  table.string("TUTYP3", "Spectrum.Data.FluxAxis.Accuracy.StatError").string("VOCLASS", "SPECTRUM V2.0");
  table.string("VOPUB", "ESO/SAF")
      .string("OBJECT", d.target)
      .integer("NELEM", d.nx)
      .real("RA", d.ra)
      .real("DEC", d.dec);
  table.real("APERTURE", 0.0003)
      .real("SPEC_VAL", (d.em_min + d.em_max) * 5e8)
      .real("SPEC_BW", (d.em_max - d.em_min) * 1e9);
  const auto make = [d, seed = seed_for(d, version, 1)] {
    std::string out;
    for (std::int64_t i = 0; i < d.nx; ++i) {
      put(out,
          (d.em_min + (d.em_max - d.em_min) * static_cast<double>(i) / static_cast<double>(d.nx - 1)) * 1e9);
    }
    for (std::int64_t i = 0; i < d.nx; ++i) {
      put(out, static_cast<float>(1 + (unit(mix(seed + static_cast<std::uint64_t>(i))) - 0.5) /
                                          std::max(1.0, d.snr)));
    }
    for (std::int64_t i = 0; i < d.nx; ++i) put(out, static_cast<float>(1 / std::max(1.0, d.snr)));
    return out;
  };
  FitsHeader primary = empty_primary(d);
  return joined({hdu(primary), hdu(table, made(static_cast<std::uint64_t>(d.nx) * 16, make))});
}

ContentPtr sources(const Dataset& d, int version) {
  FitsHeader table = table_start("SOURCES", 34, d.nx,
                                 {{"SOURCEID", "K", ""},
                                  {"RA2000", "D", "deg"},
                                  {"DEC2000", "D", "deg"},
                                  {"MAG", "E", "mag"},
                                  {"MAG_ERR", "E", "mag"},
                                  {"FLAG", "I", ""}},
                                 1);
  const auto make = [d, seed = seed_for(d, version, 1)] {
    std::string out;
    for (std::int64_t i = 0; i < d.nx; ++i) {
      const std::uint64_t star = mix(seed + static_cast<std::uint64_t>(i));
      put(out, static_cast<std::int64_t>(star >> 16U));
      put(out, d.ra + (unit(mix(star)) - 0.5) * 0.5 / std::cos(d.dec * 0.0174532925));
      put(out, d.dec + (unit(mix(star + 1)) - 0.5) * 0.5);
      put(out, static_cast<float>(12 + 8 * unit(mix(star + 2))));
      put(out, static_cast<float>(0.01 + 0.05 * unit(mix(star + 3))));
      put(out, static_cast<std::int16_t>(star % 4));
    }
    return out;
  };
  return joined({hdu(empty_primary(d)), hdu(table, made(static_cast<std::uint64_t>(d.nx) * 34, make))});
}

// The wavelengths of a beam combiner and the squared visibilities of its six baselines, as OIFITS 2 names them.
ContentPtr visibilities(const Dataset& d, int version) {
  const std::int64_t channels = d.nx;
  FitsHeader bands =
      table_start("OI_WAVELENGTH", 8, channels, {{"EFF_WAVE", "E", "m"}, {"EFF_BAND", "E", "m"}}, 1);
  bands.integer("OI_REVN", 2).string("INSNAME", d.instrument);
  const auto waves = [d, channels] {
    std::string out;
    const double step = (d.em_max - d.em_min) / static_cast<double>(channels);
    for (std::int64_t i = 0; i < channels; ++i) {
      put(out, static_cast<float>(d.em_min + (static_cast<double>(i) + 0.5) * step));
      put(out, static_cast<float>(step));
    }
    return out;
  };
  const std::int64_t baselines = 6;
  const std::int64_t row = channels * 8;
  FitsHeader table =
      table_start("OI_VIS2", row, baselines, {{"VIS2DATA", "E", ""}, {"VIS2ERR", "E", ""}}, channels);
  table.integer("OI_REVN", 2).string("INSNAME", d.instrument).string("OBJECT", d.target);
  const auto squares = [channels, seed = seed_for(d, version, 1)] {
    std::string out;
    for (std::int64_t baseline = 0; baseline < baselines; ++baseline) {
      for (std::int64_t i = 0; i < channels; ++i)
        put(out, static_cast<float>(unit(mix(seed + static_cast<std::uint64_t>(baseline * channels + i)))));
      for (std::int64_t i = 0; i < channels; ++i) put(out, 0.02F);
    }
    return out;
  };
  return joined({hdu(empty_primary(d)), hdu(bands, made(static_cast<std::uint64_t>(channels) * 8, waves)),
                 hdu(table, made(static_cast<std::uint64_t>(row * baselines), squares))});
}

}  // namespace

ContentPtr fits_file(const Dataset& d, int version) {
  switch (d.kind) {
    case Kind::kImage:
    case Kind::kPrimaryCube:
    case Kind::kMaster:
      return single_array(d, version, Pixel::kFloat);
    case Kind::kMefImage:
      return extensions(d, version, {{"SCI", Pixel::kFloat}, {"ERR", Pixel::kFloat}, {"DQ", Pixel::kInt32}});
    case Kind::kCube:
      return extensions(d, version, {{"DATA", Pixel::kFloat}, {"STAT", Pixel::kFloat}});
    case Kind::kSpectrum:
      return spectrum(d, version);
    case Kind::kSourceTable:
    case Kind::kCatalogTile:
      return sources(d, version);
    case Kind::kVisibility:
      return visibilities(d, version);
    case Kind::kRaw:
      return single_array(d, version, Pixel::kInt16);
    case Kind::kRawMef:
      break;
  }
  std::vector<std::pair<std::string, Pixel>> chips;
  for (int i = 1; i <= d.detectors; ++i)
    chips.emplace_back("CHIP" + std::to_string(i) + ".INT1", Pixel::kUint16);
  return extensions(d, version, chips);
}

ContentPtr white_light(const Dataset& cube, const std::string& archive_id) {
  Dataset d = cube;
  d.dp_id = archive_id;
  d.kind = Kind::kImage;
  d.giant = false;
  d.category = "ANCILLARY.IMAGE.WHITELIGHT";
  d.nx = std::min<std::int64_t>(d.nx, 320);
  d.ny = std::min<std::int64_t>(d.ny, 320);
  d.nz = 0;
  return fits_file(d, 0);
}

ContentPtr weight_map(const Dataset& image, const std::string& archive_id) {
  Dataset d = image;
  d.dp_id = archive_id;
  d.category = "ANCILLARY.WEIGHTMAP";
  return fits_file(d, 0);
}

}  // namespace esofs::sim
