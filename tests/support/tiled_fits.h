// Tile-compressed FITS files, made by CFITSIO, and what the whole of one is unpacked to.
#pragma once

#include <fcntl.h>
#include <fitsio.h>
#include <unistd.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "cache/content/forms/unpack.h"
#include "tests/support/temp_dir.h"

namespace esofs::tests {

using FitsBytes = std::vector<std::byte>;

enum class Sums : std::uint8_t { kNone, kRight, kStale };

struct TiledImage {
  int bitpix = SHORT_IMG;
  std::vector<long> axes{300, 200};
  std::vector<long> tile{300, 1};
  int compression = RICE_1;
  float quantize = 4;  // level; 0: without loss
  int dither = SUBTRACTIVE_DITHER_1;
  bool nans = false;
  bool noise = true;
  double zero = 0;  // BZERO, if not 0
  Sums sums = Sums::kNone;
  bool blank = false;
  int cards = 3;  // of the user
};

class TiledFits {
 public:
  // In an empty file or after an image that was the primary HDU: as fpack does with files that begin so.
  explicit TiledFits(bool empty_primary = true) {
    int status = 0;
    fits_create_diskfile(&to_, packed().c_str(), &status);
    if (empty_primary) {
      fits_create_img(to_, BYTE_IMG, 0, nullptr, &status);
      fits_write_key_str(to_, "ORIGIN", "a test", "of the primary header", &status);
    }
    check(status);
  }
  ~TiledFits() {
    int status = 0;
    if (to_ != nullptr) fits_close_file(to_, &status);
  }
  TiledFits(const TiledFits&) = delete;
  TiledFits& operator=(const TiledFits&) = delete;

  void add(const TiledImage& image, bool as_primary = false) {
    int status = 0;
    const std::string plain = plain_image(image, as_primary);
    fitsfile* from = nullptr;
    fits_open_diskfile(&from, plain.c_str(), READONLY, &status);
    if (!as_primary) fits_movabs_hdu(from, 2, nullptr, &status);
    fits_set_compression_type(to_, image.compression, &status);
    std::vector<long> tile = image.tile;
    fits_set_tile_dim(to_, static_cast<int>(tile.size()), tile.data(), &status);
    fits_set_quantize_level(to_, image.quantize, &status);
    fits_set_quantize_method(to_, image.dither, &status);
    fits_set_dither_seed(to_, 9990, &status);
    fits_img_compress(from, to_, &status);
    if (image.sums != Sums::kNone) fits_write_chksum(to_, &status);
    fits_close_file(from, &status);
    check(status);
  }

  // An HDU that fpack leaves as it is: a binary table with a heap, or an image.
  void add_plain(bool table, bool sums = false) {
    int status = 0;
    std::mt19937 random(5);
    std::vector<short> values(3333);
    for (short& value : values) value = static_cast<short>(random());
    if (table) {
      const char* types[] = {"NUMBER", "LIST"};
      const char* forms[] = {"1J", "1PI(99)"};
      fits_create_tbl(to_, BINARY_TBL, 0, 2, const_cast<char**>(types), const_cast<char**>(forms), nullptr,
                      "T", &status);
      for (int row = 1; row <= 777; ++row) {
        int number = row * 7;
        fits_write_col(to_, TINT, 1, row, 1, 1, &number, &status);
        fits_write_col(to_, TSHORT, 2, row, 1, row % 40 + 1, values.data() + row, &status);
      }
    } else {
      long axis = static_cast<long>(values.size());
      fits_create_img(to_, SHORT_IMG, 1, &axis, &status);
      fits_write_img(to_, TSHORT, 1, axis, values.data(), &status);
    }
    if (sums) fits_write_chksum(to_, &status);
    check(status);
  }

  FitsBytes bytes() {
    int status = 0;
    fits_close_file(to_, &status);
    to_ = nullptr;
    check(status);
    return read(packed());
  }

  // The plain form of a whole file.
  static FitsBytes unpacked(const FitsBytes& packed) {
    const TempDir folder;
    const auto path = folder.path() / "whole.fits.fz";
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(packed.data()), static_cast<std::streamsize>(packed.size()));
    const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    auto plain = cache::funpacked(file.get(), folder.path(), {});
    if (!plain) throw std::runtime_error(plain.error().what());
    return read("/proc/self/fd/" + std::to_string(plain->get()));
  }

 private:
  std::string packed() const { return (folder_.path() / "packed.fits.fz").string(); }

  static void check(int status) {
    if (status != 0) throw std::runtime_error("CFITSIO: status " + std::to_string(status));
  }
  static FitsBytes read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> chars{std::istreambuf_iterator<char>(file), {}};
    FitsBytes bytes(chars.size());
    if (!chars.empty()) std::memcpy(bytes.data(), chars.data(), chars.size());
    return bytes;
  }

  std::string plain_image(const TiledImage& image, bool as_primary) {
    std::string path = (folder_.path() / ("plain" + std::to_string(++made_) + ".fits")).string();
    int status = 0;
    fitsfile* file = nullptr;
    fits_create_diskfile(&file, path.c_str(), &status);
    if (!as_primary) fits_create_img(file, BYTE_IMG, 0, nullptr, &status);
    std::vector<long> axes = image.axes;
    fits_create_img(file, image.bitpix, static_cast<int>(axes.size()), axes.data(), &status);
    for (int i = 0; i < image.cards; ++i)
      fits_write_key_lng(file, ("KEY" + std::to_string(i)).c_str(), LONGLONG{31} * i, "of the user", &status);
    fits_write_record(file, "HIERARCH ESO DET OUT1 GAIN = 1.25 / a long keyword", &status);
    if (image.zero != 0) {
      fits_write_key_dbl(file, "BZERO", image.zero, 10, "zero point", &status);
      fits_write_key_dbl(file, "BSCALE", 1, 10, "scale", &status);
      fits_set_bscale(file, 1, 0, &status);
    }
    if (image.blank) fits_write_key_lng(file, "BLANK", 17, "undefined", &status);
    long count = 1;
    for (const long axis : axes) count *= axis;
    std::mt19937 random(static_cast<unsigned>(made_));
    std::vector<double> pixels(static_cast<std::size_t>(count));
    const int most = image.bitpix == BYTE_IMG ? 255 : 4000;
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      pixels[i] = image.noise ? static_cast<double>(random() % static_cast<unsigned>(most))
                              : static_cast<double>(i / 50 % static_cast<unsigned>(most));
      if (image.bitpix < 0) pixels[i] = pixels[i] * 0.37 - 20;
      if (image.nans && random() % 97 == 0) pixels[i] = std::numeric_limits<double>::quiet_NaN();
    }
    fits_write_img(file, TDOUBLE, 1, count, pixels.data(), &status);
    if (image.sums != Sums::kNone) fits_write_chksum(file, &status);
    if (image.sums == Sums::kStale) fits_modify_key_str(file, "DATASUM", "12345", "&", &status);
    fits_close_file(file, &status);
    check(status);
    return path;
  }

  TempDir folder_;
  int made_ = 0;
  fitsfile* to_ = nullptr;
};

}  // namespace esofs::tests
