// PlainPart: one HDU of the plain form of a tile-compressed file: where its bytes lie, and where they come from.
//
//   shapes   the data of an HDU is cut into groups, the units of decoding: of tiles (tiling.h), or of 128 KiB if it is not
//            compressed. Parts are in order and without gaps from the front of the file
//   threads  values and functions of values
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "cache/content/forms/packed_hdu.h"
#include "cache/content/forms/tiling.h"

namespace esofs::cache {

struct PlainPart {
  std::uint64_t at = 0;           // of its header in the plain form
  std::uint64_t packed_data = 0;  // where its data begins in the packed file
  std::shared_ptr<const PackedHdu> hdu;

  std::uint64_t data_at() const { return at + hdu->header.size(); }
  std::uint64_t data_end() const { return data_at() + hdu->data; }
  // With the fill of the last block.
  std::uint64_t end() const;

  std::uint64_t groups() const;
  // Of the byte at `offset` of the data.
  std::uint64_t group_at(std::uint64_t offset) const;
  // Of the data.
  ByteRun group_run(std::uint64_t group) const;
};

// Whether they hold the bytes of the file up to `end`.
bool reaches(const std::vector<PlainPart>& parts, std::uint64_t end);

// The part that byte `offset` belongs to. REQUIRES: there is one.
std::size_t part_at(const std::vector<PlainPart>& parts, std::uint64_t offset);

// Calls known(offset, bytes) for what is no data in [from, to): headers and fill.
void each_known(const std::vector<PlainPart>& parts, std::uint64_t from, std::uint64_t to,
                const std::function<void(std::uint64_t, std::span<const std::byte>)>& known);

}  // namespace esofs::cache
