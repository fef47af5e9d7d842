// Which pixels of an array a region of the sky and an interval of wavelengths cover, by the array's world coordinates.
//
//   shapes   a box has one span for each axis of the array; spans count pixels from 0 and include the last one
//   units    wavelengths in metres, vacuum; arrays may have wavelengths in air, or frequencies
//   threads  plain function
//   source   FITS WCS papers I to III, by WCSLIB
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "tests/sim/files/fits_hdus.h"
#include "tests/sim/soda/soda_request.h"

namespace esofs::sim {

struct Span {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t count() const { return last - first + 1; }
};
using PixelBox = std::vector<Span>;

struct Coverage {
  bool applies = false;         // the array has the axes that the request names
  std::optional<PixelBox> box;  // absent: no pixel
};

// Pixels whose centres lie in the box around the shape; the nearest one if the box holds no centre.
Coverage find_pixels(const FitsHdu& hdu, const std::optional<SkyShape>& shape,
                     const std::optional<Interval>& band);

}  // namespace esofs::sim
