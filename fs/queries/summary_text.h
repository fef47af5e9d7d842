// table/summary.txt: one line for each file of an answer, short enough for a terminal.
//
//   shapes   FILE without .fits, TARGET, INSTRUMENT, EXPTIME in s, WAVELENGTH in nm (or um, mm), SNR, TYPE, each only if the answer
//            has a column for it; at most 79 letters where names are those of ESO
//   threads  plain functions
//   source   ObsCore 1.1 section 4; the columns of ESO's dbo.raw
#pragma once

#include <string>

#include "cache/catalog.h"
#include "client/base/result.h"
#include "fs/tree/listing_names.h"

namespace esofs::fs {

Result<std::string> summary_text(const cache::Listing& listing, ListingNames& names);

}  // namespace esofs::fs
