// Datasets whose DataLink answers hold more than ESO's usual ones: every kind of semantics, chains of provenance,
// several kinds of ancillary files, errors, links that lead elsewhere, and names that must not be trusted.
//
//   ADP.2022-03-03T03:03:03.003   the menagerie: right, but with everything that the standard allows
//   ADP.2022-04-04T04:04:04.004   a mosaic of small cubes, which are made of raws; ADP.2022-05-05T05:05:05.005 a catalogue
//                                 made of the mosaic: provenance three deep
//   ADP.2022-06-06T06:06:06.006   the hostile one: names and links that point to other places
//   ADP.2066-06-06T06:06:06.00N   N = 1 … 5: endless answers, listed at hostile_links(); in no table
//
//   threads  functions without state
//   source   DataLink 1.1 section 3.2
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tests/sim/holdings/datasets.h"
#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"

namespace esofs::sim {

inline constexpr const char* kMenagerie = "ADP.2022-03-03T03:03:03.003";
inline constexpr const char* kMosaic = "ADP.2022-04-04T04:04:04.004";
inline constexpr const char* kMosaicCatalogue = "ADP.2022-05-05T05:05:05.005";
inline constexpr const char* kHostile = "ADP.2022-06-06T06:06:06.006";

// cube: the datasets that the mosaic is made of. image: a pattern of a small image.
std::vector<Dataset> linked_datasets(const Dataset& image, const std::vector<std::string>& cubes);

// The side files of these datasets, and their DataLink rows without a file.
std::vector<File> linked_files(const Dataset& d);
std::vector<ExtraLink> linked_rows(const Dataset& d);

// Answers that clients must survive: 1 a million rows, 2 a text of four gigabytes, 3 exponential entities, 4 elements
// nested a hundred thousand deep, 5 only error rows.
std::optional<Answer> hostile_links(const std::string& id);

}  // namespace esofs::sim
