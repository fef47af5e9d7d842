// Invented FITS files: realistic headers and world coordinates, pixels that depend on the name of the dataset only.
//
//   shapes   plain FITS; holdings/datasets.cpp packs them (.Z, .fz)
//   units    `version` 0 is the file; other versions have the same header with other pixels
//   source   FITS standard 4.0; ESO Science Data Products Standard for keywords of reduced data
#pragma once

#include "tests/sim/files/content.h"
#include "tests/sim/files/fits_header.h"
#include "tests/sim/holdings/datasets.h"

namespace esofs::sim {

ContentPtr fits_file(const Dataset& dataset, int version);

// The cube summed over wavelength: the ancillary image of MUSE products.
ContentPtr white_light(const Dataset& dataset, const std::string& archive_id);

// The weight of each pixel of an image: the ancillary file of survey images.
ContentPtr weight_map(const Dataset& dataset, const std::string& archive_id);

// HIERARCH ESO cards as the instruments and pipelines write them: some 100 to 300 of them.
void add_eso_cards(FitsHeader& header, const Dataset& dataset);

}  // namespace esofs::sim
