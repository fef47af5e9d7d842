// Tiling: how the image of a tile-compressed HDU is cut into tiles, and how a run of its bytes is decoded from a few of them.
//
//   shapes   a group is a run of tiles that follow each other in the table and whose pixels are one run of bytes of the image:
//            the unit of decoding. It is an image of its own, so CFITSIO makes of it what it makes of the whole
//   errors   EIO with a sentence: the table contradicts itself, or CFITSIO cannot decode a tile
//   threads  values; decoding holds cfitsio_lock() itself
//   source   FITS standard 4.0 section 10.1; CFITSIO 4.2 (fits_img_decompress: a tile's dither depends on its row)
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::cache {

// A run of bytes: of the image, of the heap.
struct ByteRun {
  std::uint64_t at = 0;
  std::uint64_t size = 0;
};

// A column of variable length: where its descriptor is in a row.
struct TileColumn {
  std::uint64_t at = 0;
  bool wide = false;        // two 64-bit numbers (Q), else 32-bit (P)
  std::uint64_t bytes = 1;  // of an element
};

struct TileGroup {
  std::uint64_t first_row = 0;  // from 0
  std::uint64_t rows = 0;
  ByteRun image;
  std::vector<std::uint64_t> axes;  // of the image that it is
};

class Tiling {
 public:
  struct Table {
    std::uint64_t row_bytes = 0;
    std::uint64_t rows = 0;
    std::uint64_t heap = 0;  // from the begin of the data
    std::uint64_t heap_bytes = 0;
    std::vector<TileColumn> columns;
    std::string cards;  // of the header, what decoding depends on and is the same for each group
    int fields = 0;
    int dither = 1;  // ZDITHER0
  };

  // axes, tile: of the image and of a tile, the fastest first; sizes above 0.
  Tiling(Table table, std::uint64_t pixel_bytes, std::vector<std::uint64_t> axes,
         std::vector<std::uint64_t> tile);

  const Table& table() const noexcept { return table_; }
  // The pixels of each tile are one run of bytes.
  bool in_runs() const noexcept { return slab_rows_ == 1; }
  std::uint64_t image_bytes() const noexcept { return plane_bytes_ * planes_; }
  std::uint64_t groups() const noexcept;
  // REQUIRES: offset < image_bytes(); index < groups().
  std::uint64_t group_at(std::uint64_t offset) const noexcept;
  TileGroup group(std::uint64_t index) const;
  // The bytes of the largest group.
  std::uint64_t largest_group() const noexcept;

  // What the rows of a group refer to in the heap, in the order of the heap. Runs that nearly touch are one.
  Result<std::vector<ByteRun>> heap_runs(std::span<const std::byte> rows) const;
  // The bytes of the group's image. heap: the bytes of these runs.
  Result<std::vector<std::byte>> decoded(const TileGroup& group, std::vector<std::byte> rows,
                                         const std::vector<ByteRun>& runs,
                                         std::span<const std::byte> heap) const;

 private:
  std::string header_of(const TileGroup& group, std::uint64_t heap_bytes) const;
  Result<void> point_into(std::vector<std::byte>& rows, const std::vector<ByteRun>& runs) const;

  Table table_;
  std::uint64_t pixel_bytes_;
  std::vector<std::uint64_t> axes_;
  std::vector<std::uint64_t> tile_;
  std::size_t axis_ = 0;           // the last one along which a tile has more than one pixel
  std::uint64_t plane_bytes_ = 0;  // of all pixels along the axes up to that one
  std::uint64_t planes_ = 1;
  std::uint64_t line_bytes_ = 0;      // of all pixels along the axes before it
  std::uint64_t slabs_ = 0;           // of a plane: tiles along that axis
  std::uint64_t slab_rows_ = 1;       // tiles of a slab
  std::uint64_t slabs_together_ = 1;  // in a group
  std::uint64_t planes_together_ = 1;
};

}  // namespace esofs::cache
