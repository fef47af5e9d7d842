#include "tests/sim/holdings/large_raws.h"

#include "tests/sim/holdings/inventor.h"
#include "tests/sim/text.h"

namespace esofs::sim {

std::vector<Dataset> large_raws() {
  using Kind = Dataset::Kind;
  using Packing = Dataset::Packing;
  Inventor all;
  Dataset raw = invented(Kind::kRaw, "HARPS", "ESO-3.6", kTauCeti);
  raw.packing = Packing::kLzw;
  raw.prog_id = "072.C-0488(E)";
  raw.pi = "MAYOR, MICHEL";
  raw.title = "Frames of real size";
  raw.dp_cat = "SCIENCE";
  raw.dp_type = "STAR";
  raw.dp_tech = "ECHELLE";
  raw.nx = 5120;
  raw.ny = 5760;
  raw.exptime = 120;
  raw.em_min = 378e-9;
  raw.em_max = 691e-9;
  all.raws(raw, "HARPS", 1, mjd_of("2008-08-08T08:08:08.808"));
  raw.kind = Kind::kRawMef;
  raw.detectors = 4;
  raw.nx = 2560;
  raw.ny = 2880;
  all.raws(raw, "HARPS", 1, mjd_of("2008-08-09T08:08:08.808"));

  raw.instrument = "OMEGACAM";
  raw.packing = Packing::kTiles;
  raw.detectors = 32;
  raw.nx = 2144;
  raw.ny = 4200;
  all.raws(raw, "OMEGA", 1, mjd_of("2011-11-11T11:11:11.111"));

  Dataset master = invented(Kind::kMaster, "VIRCAM", "ESO-VISTA", kBlank);
  master.packing = Packing::kGzip;
  master.dp_id = "M.VIRCAM.2010-10-10T10:10:10.010";
  master.category = "MASTER_FLAT";
  master.prog_id = "60.A-9292(A)";
  master.origfile = "MASTER_FLAT.fits";
  master.mjd = mjd_of("2010-10-09T10:10:10.010");
  master.release_mjd = master.mjd;
  master.nx = 4416;
  master.ny = 4416;
  all.one(master);
  return all.take();
}

}  // namespace esofs::sim
