// FitsStructure: computes from the headers of a FITS file how many bytes it must have. Reads the file once, from front to back.
//
//   shapes   feed() takes pieces of any size; memory is one card (80 bytes), however large the file is
//   errors   EIO with a sentence, from end(): the file is shorter than its headers say. A file whose headers do not follow the
//            standard is not judged
//   threads  not thread-safe
//   source   FITS standard 4.0 sections 3.3, 4.4.1, 4.4.2.1 (EXTEND), 6 (random groups), 7.3.2 (the heap counts in PCOUNT)
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "client/base/result.h"

namespace esofs::cache {

class FitsStructure {
 public:
  void feed(std::span<const std::byte> piece);

  // So many of the next bytes are data, which nothing is learnt from: skip() may take their place.
  std::uint64_t skippable() const noexcept { return part_ == Part::kData ? hdu_end_ - at_ : 0; }
  // REQUIRES: bytes <= skippable().
  void skip(std::uint64_t bytes);

  // After the last byte. The fill of the last block may be missing.
  Result<void> end() const;

  // The HDUs are followed by bytes that are neither fill (zeros, blanks) nor part of the last block.
  bool trailing() const;
  // The number of bytes fed.
  std::uint64_t size() const noexcept { return at_; }
  // The end of the last block of the HDUs seen so far.
  std::uint64_t padded_size() const noexcept { return hdu_end_; }
  // False: no header has ended yet, or one of them does not tell where its HDU ends.
  bool follows_headers() const noexcept { return hdus_ > 0 && part_ != Part::kUnknown; }
  // The only header seen so far has data and does not announce that extensions may follow (EXTEND).
  bool alone() const noexcept { return alone_ && hdus_ == 1; }

 private:
  enum class Part { kHeader, kData, kAfter, kUnknown };

  std::size_t take_card(std::span<const std::byte> piece);
  void take_after(std::span<const std::byte> piece);
  void card();
  void begin_data();
  bool begins_hdu() const;

  Part part_ = Part::kHeader;
  std::uint64_t at_ = 0;
  std::string card_;   // the bytes of the card that comes in
  bool empty_ = true;  // no card of this header has come
  int hdus_ = 0;       // whose header has ended
  std::map<std::string, std::string, std::less<>>
      values_;                 // of the keywords that give the size, in this header
  std::uint64_t needed_ = 0;   // the end of the last HDU's data, or of its header if it has none
  std::uint64_t hdu_end_ = 0;  // with the fill of its last block
  bool trailing_ = false;
  bool alone_ = false;  // of the primary HDU
};

}  // namespace esofs::cache
