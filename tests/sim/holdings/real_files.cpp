#include "tests/sim/holdings/real_files.h"

#include <fitsio.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <set>

#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

class FitsReader {
 public:
  explicit FitsReader(const std::string& path) {
    int status = 0;
    if (fits_open_diskfile(&file_, path.c_str(), READONLY, &status) != 0) file_ = nullptr;
  }
  FitsReader(const FitsReader&) = delete;
  FitsReader& operator=(const FitsReader&) = delete;
  ~FitsReader() {
    int status = 0;
    if (file_ != nullptr) fits_close_file(file_, &status);
  }
  explicit operator bool() const { return file_ != nullptr; }

  std::string text(const char* name) const {
    std::array<char, FLEN_VALUE> value{};
    int status = 0;
    return fits_read_key(file_, TSTRING, name, value.data(), nullptr, &status) == 0 ? value.data() : "";
  }
  double number(const char* name, double otherwise = 0) const {
    double value = 0;
    int status = 0;
    return fits_read_key(file_, TDOUBLE, name, &value, nullptr, &status) == 0 ? value : otherwise;
  }
  // Sizes of the first image that has pixels; empty: none.
  std::vector<long> first_image() const {
    int status = 0;
    int type = 0;
    for (int hdu = 1; fits_movabs_hdu(file_, hdu, &type, &status) == 0; ++hdu) {
      int axes = 0;
      std::vector<long> sizes(9);
      if (type != IMAGE_HDU || fits_get_img_dim(file_, &axes, &status) != 0 || axes == 0) continue;
      fits_get_img_size(file_, 9, sizes.data(), &status);
      sizes.resize(static_cast<std::size_t>(std::min(axes, 9)));
      return sizes;
    }
    return {};
  }

 private:
  fitsfile* file_ = nullptr;
};

void take_shape(const FitsReader& reader, Dataset& d) {
  const std::vector<long> sizes = reader.first_image();
  d.nx = sizes.empty() ? 1 : sizes[0];
  d.ny = sizes.size() > 1 ? sizes[1] : 1;
  d.nz = sizes.size() > 2 ? sizes[2] : 0;
  d.kind = sizes.size() > 2    ? Dataset::Kind::kCube
           : sizes.size() == 2 ? Dataset::Kind::kImage
                               : Dataset::Kind::kSpectrum;
  d.category = d.kind == Dataset::Kind::kCube    ? "SCIENCE.CUBE"
               : d.kind == Dataset::Kind::kImage ? "SCIENCE.IMAGE"
                                                 : "SCIENCE.SPECTRUM";
}

}  // namespace

std::vector<Dataset> real_datasets(const std::string& folder) {
  if (folder.empty()) return {};
  std::vector<std::filesystem::path> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".fits") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());

  std::vector<Dataset> datasets;
  std::set<std::string> taken;
  int number = 0;
  for (const auto& path : paths) {
    const FitsReader reader(path.string());
    if (!reader) continue;
    Dataset d;
    d.disk_path = path.string();
    d.origfile = path.filename().string();
    d.dp_id = reader.text("ARCFILE");
    if (d.dp_id.size() > 5 && d.dp_id.substr(d.dp_id.size() - 5) == ".fits")
      d.dp_id.resize(d.dp_id.size() - 5);
    ++number;
    if (d.dp_id.empty() || !taken.insert(d.dp_id).second)
      d.dp_id = next_id("ADP.2000-01-01T00:00:00.000", number);
    d.target = reader.text("OBJECT");
    d.instrument = reader.text("INSTRUME");
    d.telescope = reader.text("TELESCOP");
    d.collection = "REAL";
    d.p3orig = "EDP";
    d.prog_id = reader.text("HIERARCH ESO OBS PROG ID");
    d.pi = reader.text("PI-COI");
    d.ra = reader.number("RA");
    d.dec = reader.number("DEC");
    d.mjd = reader.number("MJD-OBS", 51544.0);
    d.exptime = reader.number("EXPTIME");
    d.em_min = 380e-9;
    d.em_max = 690e-9;
    d.release_mjd = d.mjd + 365;
    take_shape(reader, d);
    datasets.push_back(std::move(d));
  }
  return datasets;
}

}  // namespace esofs::sim
