// PackedHdu: what the header of one HDU of a tile-compressed file (.fits.fz) tells of the same HDU in plain FITS: its header, its
// size, and where its bytes come from.
//
//   shapes   the header is that which CFITSIO restores (what funpack writes), sums included: of a whole-number image that was
//            packed without loss DATASUM counts as true, because nothing else shows the sum before all pixels are decoded
//   errors   EOPNOTSUPP with a sentence: an unusual form, of which the header alone does not tell everything; EIO with CFITSIO's
//            sentence
//   threads  a function; holds cfitsio_lock() itself
//   source   CFITSIO 4.2 (fits_img_decompress_header, fits_copy_hdu); FITS standard 4.0 sections 4.4.2.7, 10.1
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cache/content/forms/tiling.h"
#include "client/base/result.h"

namespace esofs::cache {

struct PackedHdu {
  std::uint64_t packed_data = 0;  // bytes of its data in the packed file, with the fill of the last block
  std::string header;             // plain
  std::uint64_t data = 0;         // bytes of its data in plain form, without fill
  char fill = '\0';
  bool was_primary = false;               // it takes the place of the primary HDU, which is empty
  std::shared_ptr<const Tiling> tiling;   // null: the data is that of the packed file
  std::optional<std::uint32_t> data_sum;  // that the data must have
};

// header: the whole header of HDU `number` (from 1), blocks of 2880 bytes. primary: that of HDU 1, if it has no data; else "".
Result<PackedHdu> read_packed_hdu(std::string_view header, int number, std::string_view primary);

// The length of the header that begins with `begin`, in whole blocks; nullopt: its end is not here.
std::optional<std::uint64_t> header_length(std::string_view begin);

}  // namespace esofs::cache
