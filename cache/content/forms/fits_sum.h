// The check sum of FITS (DATASUM), of parts in any order.
//
//   threads  functions of values
//   source   FITS standard 4.0 section 4.4.2.7 and appendix J
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace esofs::cache {

// Of bytes that begin at `offset` of the data.
std::uint32_t fits_sum(std::span<const std::byte> bytes, std::uint64_t offset);
// Of two parts together.
std::uint32_t add_sums(std::uint32_t one, std::uint32_t other);

}  // namespace esofs::cache
