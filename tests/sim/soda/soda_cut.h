// Cutting FITS files of any size: the pixels, samples and rows inside a region and a band, with their coordinates.
//
//   shapes   every array with coordinates is cut to whole pixels, also planes of error and quality. Nothing is resampled: a
//            cutout has the parent's pixels, and CRPIXn moves by the number of pixels left out before them. Extensions
//            without a pixel inside are left out; arrays without coordinates are kept whole
//   errors   std::runtime_error if the content is no FITS file
//   threads  plain function
//   source   SODA 1.0 section 3; the cards that ESO appends: client/ESO.md, "Cutouts"
#pragma once

#include <string>

#include "tests/sim/files/content.h"
#include "tests/sim/soda/soda_request.h"

namespace esofs::sim {

struct CutOrder {
  std::string archive_id;
  std::optional<SkyShape> shape;
  std::optional<Interval> band;
  std::string date;   // of DATE: "2026-09-20T13:23:32"
  int longer_by = 0;  // number of additional blocks of HISTORY
};

struct Cutout {
  bool applies = false;  // the file has the coordinates that the request needs
  ContentPtr content;    // nullptr: no pixel inside
};

Cutout cut_out(const ContentPtr& file, const CutOrder& order);

}  // namespace esofs::sim
