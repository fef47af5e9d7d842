// Reads FITS files by CFITSIO and WCSLIB, to compare a cutout with the file it comes from.
#pragma once

#include <fitsio.h>
#include <wcslib/wcs.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace esofs::sim {

struct FreeWcs {
  void operator()(wcsprm* wcs) const;
};
using WcsHandle = std::unique_ptr<wcsprm, FreeWcs>;  // the first one of the HDU; nullptr: none

struct ImageHdu {
  std::string name;  // EXTNAME
  std::vector<long> axes;
  std::vector<double> pixels;
  WcsHandle wcs;

  std::size_t axis_count() const { return axes.size(); }
  // Pixel coordinates (from 1) of pixel number i of `pixels`.
  std::vector<double> coordinates(std::size_t i) const;
  // Its world coordinates, in the units of WCSLIB.
  std::vector<double> world(std::size_t i) const;
  // The pixel at these world coordinates; -1: outside, or between pixels.
  std::ptrdiff_t pixel_at(const std::vector<double>& world) const;
};

struct TableColumn {
  std::string name;
  long repeat = 0;
  std::vector<double> values;  // of all rows
};
struct TableHdu {
  long rows = 0;
  std::vector<TableColumn> columns;
  const TableColumn& column(const std::string& name) const;  // throws std::out_of_range
};

struct FitsFile {
  std::vector<ImageHdu> images;  // those with pixels
  std::vector<TableHdu> tables;
  std::string primary;  // the cards of the primary header
  int bad_checksums = 0;
  int good_checksums = 0;  // HDUs with a right DATASUM and a right CHECKSUM
};

// Throws std::runtime_error with CFITSIO's number if it does not take the bytes.
FitsFile read_fits_bytes(std::string bytes);

}  // namespace esofs::sim
