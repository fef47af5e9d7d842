// The invented datasets: what the simulated archive holds, the same in every run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/sim/datasets.h"

namespace esofs::sim {

std::vector<Dataset> invented_datasets();

// Files that belong to no dataset: an APEX quicklook tar.
std::vector<File> single_files();

// Dataset i of those that make ObsCore as long as wanted; each has a small image.
Dataset extra_dataset(std::uint64_t index);
// The index of an id of extra_dataset() below `count`.
std::optional<std::uint64_t> extra_index(const std::string& dp_id, std::uint64_t count);
// Bytes of the file of any extra dataset: 64 × 64 floats and a header of 27 000 bytes or so.
std::uint64_t extra_size();

}  // namespace esofs::sim
