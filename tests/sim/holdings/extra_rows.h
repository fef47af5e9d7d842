// The extra datasets that make ivoa.ObsCore as long as wanted; each has a small image.
//
//   shapes   ids count seconds from 2023: "ADP.2023-01-01T00:00:00.000" is dataset 0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/holdings/datasets.h"

namespace esofs::sim {

Dataset extra_dataset(std::uint64_t index);

// The index of an id of extra_dataset() below `count`.
std::optional<std::uint64_t> extra_index(const std::string& dp_id, std::uint64_t count);

// Bytes of the file of any extra dataset: 64 × 64 floats and a header of 27 000 bytes or so.
std::uint64_t extra_size();

}  // namespace esofs::sim
