// Dataset: all facts of one simulated dataset. Its files, headers and table rows are made from it.
//
//   units    angles in degrees, wavelengths in metres, times in MJD (UTC) and seconds
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/files/content.h"
#include "tests/sim/holdings/holdings.h"

namespace esofs::sim {

struct Dataset {
  enum class Kind {
    kImage,        // primary array
    kMefImage,     // SCI, ERR, DQ
    kCube,         // DATA, STAT
    kPrimaryCube,  // primary array of three axes
    kSpectrum,     // BINTABLE of one row (ESO SDP)
    kSourceTable,  // BINTABLE of sources
    kCatalogTile,  // as a source table, of a catalogue
    kVisibility,   // BINTABLEs of optical interferometry (OIFITS)
    kRaw,          // primary array of int16
    kRawMef,       // extensions of uint16
    kMaster,       // master calibration, primary array
  };
  enum class Packing { kPlain, kLzw, kGzip, kTiles };

  std::string dp_id;
  Kind kind = Kind::kImage;
  Packing packing = Packing::kPlain;
  bool giant = false;  // pixels are computed
  bool patched_header = false;
  bool proprietary = false;

  std::string target;
  std::string instrument;
  std::string telescope;
  std::string collection;
  std::string subtype;
  std::string category;  // eso_category of the main file
  std::string prog_id;
  std::string pi;
  std::string title;
  std::string filter;
  std::string obstech;
  std::string origfile;
  std::string p3orig = "IDP";
  std::string dp_cat, dp_type, dp_tech;  // raws

  double ra = 0;
  double dec = 0;
  double mjd = 0;
  double exptime = 0;
  double em_min = 0;
  double em_max = 0;
  double res_power = 0;
  double pixel_arcsec = 0;
  double rotation_deg = 0;         // of the image, from north to east
  std::string projection = "TAN";  // or ZPN
  std::string wave_type = "AWAV";  // of cubes: in air, in Angstrom; or WAVE: in vacuum, in metres
  double seeing_arcsec = 0.8;
  double snr = 0;
  double abmaglim = 0;
  double release_mjd = 0;

  std::int64_t nx = 0;  // pixels; of a spectrum: samples; of a table: rows
  std::int64_t ny = 0;
  std::int64_t nz = 0;
  int detectors = 1;  // extensions of a raw MEF

  std::vector<std::string> progenitors;
  bool weight_map = false;  // an ancillary file
  CutoutOffer::Form soda_form = CutoutOffer::Form::kEso;
  std::string disk_path;  // a real file instead of an invented one

  bool is_raw() const { return kind == Kind::kRaw || kind == Kind::kRawMef; }
  bool has_position() const { return dp_cat.empty() || dp_cat == "SCIENCE"; }
  std::string product_type() const;  // of ObsCore: image, cube, spectrum, measurements
  double fov_deg() const;            // of the diagonal
};

// The same dataset with its files.
Holding holding_of(const Dataset& dataset);

// The k-th id after an ADP id: the archive ids of one product's files are a millisecond apart.
std::string next_id(const std::string& adp_id, int k);

}  // namespace esofs::sim
