// The headers of all HDUs of a FITS file as text, one card a line, with an empty line between HDUs. Only headers are read:
// data units are skipped by their size.
//
//   units    offsets and sizes in bytes; a FITS block is 2880, a card 80
//   errors   EIO: not FITS, or a header without END; EFBIG above kMostHeaderBytes; those of the file
//   threads  header_text() answers on the thread that answers the file's reads
//   source   FITS standard 4.0 sections 3.3, 4.4.1 and 6 (random groups)
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cache/content/file_cache.h"
#include "client/base/ask.h"
#include "client/base/result.h"

namespace esofs::fs {

constexpr std::uint64_t kMostHeaderBytes = 64ULL << 20U;  // of all headers: ten thousand HDUs have some 60 MB
constexpr std::uint64_t kMostHeaderOfOne = 16ULL << 20U;

// Reads one header after another, and computes where the next one begins.
class HeaderCards {
 public:
  enum class Step { kMore, kHduEnds, kNotAHeader };

  // A block of 2880 bytes. kHduEnds: it held the END card, and data_bytes() is the size of the data unit, its fill included.
  Step take(std::string_view block);

  // Of the HDU that has ended; nullopt: the size is impossible.
  std::optional<std::uint64_t> data_bytes() const;
  std::string take_text() { return std::exchange(text_, {}); }

 private:
  void card(std::string_view card);

  struct Hdu {
    bool begun = false;
    std::optional<std::int64_t> bitpix;
    std::optional<std::int64_t> pcount;
    std::optional<std::int64_t> gcount;
    bool groups = false;
    std::optional<std::vector<std::optional<std::int64_t>>> axes;  // as many as NAXIS says
  };
  Hdu hdu_;
  bool ended_ = false;
  std::string text_;
};

// most_units: HDUs, at least 1; later ones are not read.
Cancel header_text(std::shared_ptr<cache::OpenFile> file, Done<std::string> done,
                   std::uint64_t most_units = std::numeric_limits<std::uint64_t>::max());

}  // namespace esofs::fs
