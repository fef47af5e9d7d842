#include "tests/sim/holdings/invented.h"

#include <utility>

#include "tests/sim/files/compress.h"
#include "tests/sim/holdings/invented_cutouts.h"
#include "tests/sim/holdings/inventor.h"
#include "tests/sim/holdings/linked.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Kind = Dataset::Kind;
using Packing = Dataset::Packing;

constexpr double kMinute = 1.0 / 1440;

Dataset muse_cube(const Target& target, std::int64_t nx, std::int64_t ny, std::int64_t nz) {
  Dataset d = invented(Kind::kCube, "MUSE", "ESO-VLT-U4", target);
  d.collection = "MUSE";
  d.subtype = "ifs";
  d.category = "SCIENCE.CUBE.IFS";
  d.prog_id = "195.B-0283(A)";
  d.pi = "SCHINNERER, EVA";
  d.title = "Invented MUSE cube of " + d.target;
  d.obstech = "IFU";
  d.pixel_arcsec = 0.2;
  d.em_min = 475e-9;
  d.em_max = 935e-9;
  d.res_power = 3026.7;
  d.exptime = 2400;
  d.abmaglim = 22.4;
  d.mjd = 58274.0465;
  d.nx = nx;
  d.ny = ny;
  d.nz = nz;
  return d;
}

void add_muse(Inventor& all) {
  Dataset raw = invented(Kind::kRawMef, "MUSE", "ESO-VLT-U4", kNgc4254);
  raw.packing = Packing::kTiles;
  raw.prog_id = "1100.B-0651(A)";
  raw.pi = "SCHINNERER/ LEROY";
  raw.title = "A MUSE survey of star formation in invented galaxies";
  raw.dp_cat = "SCIENCE";
  raw.dp_type = "OBJECT";
  raw.dp_tech = "IFU";
  raw.nx = 64;
  raw.ny = 64;
  raw.detectors = 6;
  raw.exptime = 586;
  raw.em_min = 465e-9;
  raw.em_max = 930e-9;
  raw.pixel_arcsec = 0.2;
  const auto raws = all.raws(raw, "MUSE", 16, mjd_of("2018-06-05T01:06:59.418"));

  Dataset giant = muse_cube(kNgc253, 320, 320, 3681);
  giant.giant = true;
  giant.origfile = "MU_SCBC_1989464_2018-06-05T01:06:59.418_WFM-AO-N_OBJ.fits";
  all.products(giant, "ADP.2018-06-21T20:32:57.736", 1, raws, 3);
  giant.origfile.clear();
  Dataset large = muse_cube(kNgc4254, 1000, 1000, 3721);
  large.giant = true;
  large.collection = "PHANGS";
  large.origfile = "NGC4254_PHANGS_DATACUBE_copt_0.89asec.fits";
  large.p3orig = "EDP";
  all.products(large, "ADP.2021-07-16T10:20:56.477", 1, raws, 16);
  Dataset largest = muse_cube(kNgc253, 3500, 3500, 3721);
  largest.giant = true;
  largest.origfile = "NGC253_MOSAIC_DATACUBE.fits";
  largest.p3orig = "EDP";
  all.products(largest, "ADP.2025-07-06T07:52:11.871", 1, raws, 16);
  Dataset flat = muse_cube(kM83, 450, 450, 3721);
  flat.kind = Kind::kPrimaryCube;
  flat.giant = true;
  flat.origfile = "M83_PRIMARY_DATACUBE.fits";
  all.products(flat, "ADP.2019-03-11T08:15:30.120", 1, raws, 2);

  all.products(muse_cube(kNgc253, 24, 24, 60), "ADP.2016-06-21T08:15:12.100", 7, raws, 2);
  all.products(muse_cube(kM83, 30, 20, 50), "ADP.2017-10-16T11:04:19.247", 6, raws, 3);
  Dataset closed = muse_cube(kNgc253, 16, 16, 20);
  closed.proprietary = true;
  all.products(closed, "ADP.2026-02-02T02:02:02.222", 2, raws, 1);

  Dataset bias = raw;
  bias.target = kBlank.name;
  bias.dp_cat = "CALIB";
  bias.dp_type = "BIAS";
  bias.dp_tech = "IMAGE";
  bias.exptime = 0;
  all.raws(bias, "MUSE", 3, mjd_of("2018-06-04T11:20:10.512"));
}

void add_visibilities(Inventor& all) {
  Dataset d = invented(Kind::kVisibility, "GRAVITY", "ESO-VLT-U1,ESO-VLT-U2,ESO-VLT-U3,ESO-VLT-U4", kSgrA);
  d.collection = "GRAVITY";
  d.subtype = "";
  d.category = "SCIENCE.VISIBILITY";
  d.prog_id = "60.A-9102(A)";
  d.pi = "INVENTED, GALACTIC CENTRE";
  d.title = "Invented visibilities, not calibrated";
  d.obstech = "INTERFEROMETRY";
  d.em_min = 1.99e-6;
  d.em_max = 2.45e-6;
  d.res_power = 500;
  d.exptime = 300;
  d.mjd = 57535.2;
  d.nx = 210;
  d.ny = 0;
  all.products(d, "ADP.2017-09-09T10:00:00.100", 3, {}, 0);
}

void add_spectra(Inventor& all, const char* instrument, const char* prefix, const char* telescope,
                 const Target& target, const char* first_raw, const char* first_product, int count,
                 double resolution) {
  Dataset raw = invented(Kind::kRaw, instrument, telescope, target);
  raw.packing = Packing::kLzw;
  raw.prog_id = "072.C-0488(E)";
  raw.pi = "MAYOR, MICHEL";
  raw.title = "An invented search for planets";
  raw.dp_cat = "SCIENCE";
  raw.dp_type = "STAR";
  raw.dp_tech = "ECHELLE";
  raw.nx = 160;
  raw.ny = 96;
  raw.exptime = 120;
  raw.em_min = 378e-9;
  raw.em_max = 691e-9;
  const auto raws = all.raws(raw, prefix, 12, mjd_of(first_raw));

  Dataset d = invented(Kind::kSpectrum, instrument, telescope, target);
  d.collection = instrument;
  d.subtype = "";
  d.category = "SCIENCE.SPECTRUM";
  d.prog_id = raw.prog_id;
  d.pi = raw.pi;
  d.title = "Invented spectrum of " + d.target;
  d.obstech = "ECHELLE";
  d.em_min = raw.em_min;
  d.em_max = raw.em_max;
  d.res_power = resolution;
  d.snr = 180;
  d.exptime = 120;
  d.mjd = mjd_of(first_raw);
  d.nx = 6000;
  all.products(d, first_product, count, raws, 1);
}

void add_vista(Inventor& all) {
  Dataset raw = invented(Kind::kRawMef, "VIRCAM", "ESO-VISTA", kSgrA);
  raw.packing = Packing::kGzip;
  raw.prog_id = "179.B-2002(B)";
  raw.pi = "MINNITI/ LUCAS";
  raw.title = "VISTA variables in an invented Via Lactea";
  raw.dp_cat = "SCIENCE";
  raw.dp_type = "OBJECT,EXTENDED";
  raw.dp_tech = "IMAGE,JITTER";
  raw.filter = "Ks";
  raw.nx = 64;
  raw.ny = 64;
  raw.detectors = 8;
  raw.exptime = 16;
  raw.em_min = 1.992e-6;
  raw.em_max = 2.301e-6;
  raw.pixel_arcsec = 0.339;
  const auto raws = all.raws(raw, "VCAM", 10, mjd_of("2010-08-15T03:26:36.344"));

  Dataset d = invented(Kind::kImage, "VIRCAM", "ESO-VISTA", kSgrA);
  d.collection = "VVV";
  d.subtype = "tile";
  d.category = "SCIENCE.IMAGE";
  d.prog_id = raw.prog_id;
  d.pi = "MINNITI, DANTE";
  d.title = "b333";
  d.filter = "Ks";
  d.obstech = "IMAGE,JITTER";
  d.p3orig = "EDP";
  d.pixel_arcsec = 0.3412;
  d.em_min = raw.em_min;
  d.em_max = raw.em_max;
  d.res_power = 6.9466;
  d.abmaglim = 17.6;
  d.exptime = 16;
  d.mjd = 55423.14393939;
  d.nx = 200;
  d.ny = 160;
  all.products(d, "ADP.2014-11-12T16:17:07.630", 25, raws, 6);
  d.kind = Kind::kSourceTable;
  d.subtype = "srctbl";
  d.category = "SCIENCE.SRCTBL";
  d.pixel_arcsec = 0;
  d.nx = 1500;
  d.ny = 0;
  all.products(d, "ADP.2014-11-13T09:00:00.307", 15, raws, 6);
  d.kind = Kind::kCatalogTile;
  d.subtype = "catalog";
  d.category = "SCIENCE.CATALOGTILE";
  d.nx = 4000;
  all.products(d, "ADP.2017-05-05T10:10:10.010", 6, {}, 0);
}

void add_images(Inventor& all) {
  Dataset raw = invented(Kind::kRawMef, "HAWKI", "ESO-VLT-U4", kSgrA);
  raw.packing = Packing::kTiles;
  raw.prog_id = "195.B-0283(A)";
  raw.pi = "NOGUERAS-LARA/ SCHOEDEL";
  raw.title = "An invented survey of the Galactic centre";
  raw.dp_cat = "SCIENCE";
  raw.dp_type = "OBJECT";
  raw.dp_tech = "IMAGE,JITTER";
  raw.filter = "Ks";
  raw.nx = 64;
  raw.ny = 64;
  raw.detectors = 4;
  raw.exptime = 12.6;
  raw.pixel_arcsec = 0.106;
  raw.em_min = 1.984e-6;
  raw.em_max = 2.308e-6;
  const auto raws = all.raws(raw, "HAWKI", 12, mjd_of("2015-06-07T06:20:31.133"));

  Dataset d = invented(Kind::kMefImage, "HAWKI", "ESO-VLT-U4", kSgrA);
  d.collection = "HAWKI";
  d.category = "SCIENCE.MEFIMAGE";
  d.prog_id = raw.prog_id;
  d.pi = "NOGUERAS-LARA, FRANCISCO";
  d.title = "Invented image with errors and data quality";
  d.filter = "Ks";
  d.obstech = "IMAGE,JITTER";
  d.pixel_arcsec = 0.106;
  d.em_min = raw.em_min;
  d.em_max = raw.em_max;
  d.abmaglim = 19.2;
  d.exptime = 120;
  d.mjd = 57180.2642;
  d.nx = 96;
  d.ny = 96;
  all.products(d, "ADP.2016-01-18T05:40:12.512", 12, raws, 3);
  d.patched_header = true;
  all.products(d, "ADP.2016-02-19T05:40:12.512", 4, raws, 3);

  Dataset sphere = invented(Kind::kImage, "SPHERE", "ESO-VLT-U3", kBetelgeuse);
  sphere.collection = "BETELGEUSE-B";
  sphere.category = "SCIENCE.IMAGE";
  sphere.prog_id = "114.28H9.001";
  sphere.pi = "MONTARGES, MIGUEL";
  sphere.filter = "N_I";
  sphere.obstech = "POLARIMETRY,P1";
  sphere.p3orig = "EDP";
  sphere.pixel_arcsec = 0.0036;
  sphere.em_min = 776.55e-9;
  sphere.em_max = 857.05e-9;
  sphere.exptime = 24.762;
  sphere.mjd = 60647.20658711;
  sphere.nx = 256;
  sphere.ny = 256;
  sphere.origfile = "SPHERE_ZIMPOL_Betelgeuse_P1_N_I_phase3.fits";
  all.products(sphere, "ADP.2026-08-19T13:19:07.647", 6, {}, 0);

  Dataset wide = invented(Kind::kImage, "OMEGACAM", "ESO-VST", kOrion);
  wide.collection = "VPHASplus";
  wide.category = "SCIENCE.IMAGE";
  wide.prog_id = "177.D-3023(B)";
  wide.pi = "DREW, JANET";
  wide.filter = "H_ALPHA";
  wide.obstech = "IMAGE,OFFSET";
  wide.p3orig = "EDP";
  wide.pixel_arcsec = 0.213;
  wide.em_min = 653.7e-9;
  wide.em_max = 664.4e-9;
  wide.exptime = 120;
  wide.mjd = 56000.2;
  wide.nx = 300;
  wide.ny = 200;
  all.products(wide, "ADP.2015-07-28T12:31:45.910", 12, {}, 0);

  wide.prog_id = "60.A-9999(L)";
  wide.nx = wide.ny = 40;
  wide.mjd = 59641.1;
  const std::string first = "ADP.2016-06-21T08:15:12.100";
  const std::vector<std::string> cubes{next_id(first, 0), next_id(first, 20), next_id(first, 40)};
  for (Dataset& linked : linked_datasets(wide, cubes)) all.one(std::move(linked));
}

void add_other_raws(Inventor& all) {
  Dataset fors = invented(Kind::kRaw, "FORS2", "ESO-VLT-U1", kM83);
  fors.packing = Packing::kLzw;
  fors.prog_id = "106.21J3.001";
  fors.pi = "SMARTT/ INSERRA";
  fors.title = "Invented transients";
  fors.dp_cat = "SCIENCE";
  fors.dp_type = "OBJECT";
  fors.dp_tech = "IMAGE";
  fors.filter = "R_SPECIAL";
  fors.nx = 200;
  fors.ny = 100;
  fors.exptime = 30;
  fors.em_min = 572.5e-9;
  fors.em_max = 737.5e-9;
  fors.pixel_arcsec = 0.25;
  all.raws(fors, "FORS2", 8, mjd_of("2021-01-02T00:59:12.533"));
  fors.proprietary = true;
  all.raws(fors, "FORS2", 3, mjd_of("2026-09-02T03:10:44.017"));
  fors.proprietary = false;
  fors.target = kBlank.name;
  fors.dp_cat = "CALIB";
  fors.dp_type = "BIAS";
  all.raws(fors, "FORS2", 5, mjd_of("2021-01-02T11:02:00.101"));

  Dataset sinfoni = invented(Kind::kRaw, "SINFONI", "ESO-VLT-U4", kSgrA);
  sinfoni.prog_id = "091.B-0088(B)";
  sinfoni.pi = "GILLESSEN/ GENZEL";
  sinfoni.title = "Watching an invented gas cloud";
  sinfoni.dp_cat = "SCIENCE";
  sinfoni.dp_type = "OBJECT";
  sinfoni.dp_tech = "IFU,NODDING";
  sinfoni.nx = 128;
  sinfoni.ny = 128;
  sinfoni.exptime = 300;
  sinfoni.em_min = 1.45e-6;
  sinfoni.em_max = 2.45e-6;
  sinfoni.pixel_arcsec = 0.1;
  all.raws(sinfoni, "SINFO", 8, mjd_of("2013-08-27T01:05:24.328"));
  sinfoni.patched_header = true;
  all.raws(sinfoni, "SINFO", 4, mjd_of("2013-08-28T02:15:24.671"));

  Dataset sky = invented(Kind::kRaw, "ALPACA", "ESO-ALPACA", {"ALL-SKY", 90, -24.6});
  sky.packing = Packing::kLzw;
  sky.prog_id = "60.A-9123(A)";
  sky.pi = "";
  sky.title = "All-sky camera";
  sky.dp_cat = "TECHNICAL";
  sky.dp_type = "SKY";
  sky.dp_tech = "IMAGE";
  sky.nx = 180;
  sky.ny = 180;
  sky.exptime = 120;
  all.raws(sky, "ALPACA", 10, mjd_of("2024-01-01T06:23:08.420"));
}

void add_masters(Inventor& all) {
  static constexpr const char* kinds[]{"MASTER_BIAS",   "MASTER_DARK",  "MASTER_FLAT",  "TRACE_TABLE",
                                       "WAVECAL_TABLE", "STD_RESPONSE", "STD_TELLURIC", "TWILIGHT_CUBE"};
  const double first = mjd_of("2018-06-11T08:52:34.073");
  int number = 0;
  for (const char* kind : kinds) {
    Dataset d = invented(Kind::kMaster, "MUSE", "ESO-VLT-U4", kBlank);
    d.dp_id = "M.MUSE." + iso_date(first + number++ * kMinute, 3);
    d.category = kind;
    d.prog_id = "60.A-9100(C)";
    d.origfile = std::string(kind) + ".fits";
    d.mjd = first - 1;
    d.release_mjd = first;
    d.nx = 64;
    d.ny = 64;
    all.one(d);
  }
}

}  // namespace

std::vector<Dataset> invented_datasets() {
  Inventor all;
  add_muse(all);
  add_visibilities(all);
  add_spectra(all, "HARPS", "HARPS", "ESO-3.6", kTauCeti, "2006-07-05T03:52:40.071",
              "ADP.2014-09-16T11:04:45.123", 40, 115000);
  add_spectra(all, "UVES", "UVES", "ESO-VLT-U2", kTauCeti, "2012-10-02T04:11:09.870",
              "ADP.2020-02-26T15:36:25.254", 20, 42310);
  add_spectra(all, "ESPRESSO", "ESPRE", "ESO-VLT-U1", kTauCeti, "2019-11-11T01:44:20.606",
              "ADP.2021-04-16T10:26:57.090", 12, 140000);
  add_spectra(all, "XSHOOTER", "XSHOO", "ESO-VLT-U2", kBetaPic, "2013-12-30T05:01:33.409",
              "ADP.2020-03-24T10:45:21.866", 16, 8935);
  add_vista(all);
  add_images(all);
  add_other_raws(all);
  add_masters(all);
  for (Dataset& d : cutout_datasets()) all.one(std::move(d));
  return all.take();
}

std::vector<File> single_files() {
  std::vector<File> files;
  for (const char* day : {"15", "16", "19"}) {
    File file;
    file.id = "E-095.F-9802A.2015JUL" + std::string(day) + ".TAR";
    file.name = file.id;
    file.original_name = file.id;
    file.content_type = "application/x-tar";
    file.category = "QUICKLOOK";
    file.content = made([id = file.id] {
      return tar({{"quicklook/README.txt", "Quicklook of " + id + "\n"},
                  {"quicklook/scan.log", std::string(4000, '.') + "\n"},
                  {"quicklook/scan.png", png(seed_of(id), 64)}});
    });
    file.changed = altered(file.content);
    files.push_back(std::move(file));
  }
  return files;
}

}  // namespace esofs::sim
