#include "tests/sim/holdings/invented_cutouts.h"

#include <string>
#include <utility>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Form = CutoutOffer::Form;
using Kind = Dataset::Kind;

constexpr const char* kFirst = "ADP.2022-03-01T10:00:00.000";

Dataset base(Kind kind, const char* target, double ra, double dec) {
  Dataset d;
  d.kind = kind;
  d.target = target;
  d.ra = ra;
  d.dec = dec;
  d.instrument = "VIRCAM";
  d.telescope = "ESO-VISTA";
  d.collection = "CUTOUTS";
  d.category = "SCIENCE.IMAGE";
  d.prog_id = "60.A-9999(A)";
  d.pi = "CUTTER, C.";
  d.title = "Invented field to cut out of";
  d.filter = "Ks";
  d.obstech = "IMAGE";
  d.p3orig = "EDP";
  d.pixel_arcsec = 0.34;
  d.em_min = 1.992e-6;
  d.em_max = 2.301e-6;
  d.exptime = 60;
  d.mjd = 59000.1;
  d.nx = 150;
  d.ny = 130;
  return d;
}

Dataset cube(const char* target, double ra, double dec) {
  Dataset d = base(Kind::kCube, target, ra, dec);
  d.instrument = "MUSE";
  d.telescope = "ESO-VLT-U4";
  d.subtype = "ifs";
  d.category = "SCIENCE.CUBE.IFS";
  d.filter.clear();
  d.obstech = "IFU";
  d.pixel_arcsec = 0.2;
  d.em_min = 475e-9;
  d.em_max = 935e-9;
  d.res_power = 3026.7;
  d.nx = 40;
  d.ny = 36;
  d.nz = 64;
  return d;
}

class Numbered {
 public:
  void add(Dataset d) {
    d.dp_id = next_id(kFirst, 20 * number_);
    d.origfile = "cutouts_" + std::to_string(number_++) + ".fits";
    d.release_mjd = mjd_of(d.dp_id.substr(4));
    all_.push_back(std::move(d));
  }
  std::vector<Dataset> take() { return std::move(all_); }

 private:
  int number_ = 0;
  std::vector<Dataset> all_;
};

void add_coordinates(Numbered& all) {
  Dataset rotated = base(Kind::kImage, "Rotated at RA 0", 0.004, -30.1);
  rotated.rotation_deg = 33;
  rotated.weight_map = true;
  all.add(rotated);
  Dataset curved = base(Kind::kImage, "Curved", 150.3, 60.2);
  curved.projection = "ZPN";
  curved.pixel_arcsec = 20;  // a field of 50 arcmin, where the distortion counts
  all.add(curved);
  Dataset polar = base(Kind::kMefImage, "Near the pole", 211.0, 89.2);
  polar.category = "SCIENCE.MEFIMAGE";
  polar.rotation_deg = -71;
  polar.pixel_arcsec = 5;
  all.add(polar);
  Dataset vacuum = cube("Rotated cube", 350.7, -12.5);
  vacuum.rotation_deg = 120;
  vacuum.wave_type = "WAVE";
  all.add(vacuum);
}

void add_forms(Numbered& all) {
  Dataset image = base(Kind::kMefImage, "CADC form", 88.77, -67.78);
  image.category = "SCIENCE.MEFIMAGE";
  image.nx = 90;
  image.ny = 80;
  image.soda_form = Form::kCadc;
  all.add(image);
  Dataset later = cube("CASDA form", 60.5, -20.25);
  later.soda_form = Form::kCasda;
  all.add(later);
  image.kind = Kind::kImage;
  image.category = "SCIENCE.IMAGE";
  image.target = "GAVO form";
  image.soda_form = Form::kGavo;
  all.add(image);
  Dataset plain = cube("POS form", 10.25, 5.5);
  plain.soda_form = Form::kPos;
  all.add(plain);
}

}  // namespace

std::vector<Dataset> cutout_datasets() {
  Numbered all;
  add_coordinates(all);
  add_forms(all);
  return all.take();
}

}  // namespace esofs::sim
