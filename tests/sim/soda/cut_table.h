// Cutting binary tables: the rows of sources inside a shape; the samples of a spectrum inside a band.
//
//   shapes   a spectrum is one row of arrays (ESO SDP), or one row a sample
//   units    wavelengths in metres, vacuum
//   source   FITS standard 4.0 section 7.3; ESO Science Data Products Standard
#pragma once

#include <optional>
#include <string>

#include "tests/sim/files/content.h"
#include "tests/sim/files/fits_hdus.h"
#include "tests/sim/soda/soda_request.h"

namespace esofs::sim {

struct TableCut {
  bool applies = false;  // it has columns for what the request names
  bool empty = false;    // no row or sample is inside
  FitsCards cards;
  std::string data;  // unpadded
};

TableCut cut_table(const Content& file, const FitsHdu& hdu, const std::optional<SkyShape>& shape,
                   const std::optional<Interval>& band);

}  // namespace esofs::sim
