// Tile-compressed files read by parts: layout, headers and tiles together give what unpacking the whole gives.
#include "cache/content/forms/packed_layout.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <numeric>
#include <random>

#include "tests/support/tiled_fits.h"

namespace esofs::cache {
namespace {

using tests::FitsBytes;
using tests::Sums;
using tests::TiledFits;

constexpr std::uint64_t kMost = 64U << 20U;

std::span<const std::byte> part_of(const FitsBytes& bytes, std::uint64_t at, std::uint64_t size) {
  return std::span(bytes).subspan(at, std::min<std::uint64_t>(size, bytes.size() - at));
}

Result<std::vector<PlainPart>> parts_of(const FitsBytes& packed, std::uint64_t step = 65536) {
  PackedLayout layout(packed.size(), kMost);
  std::vector<PlainPart> parts;
  while (!layout.complete()) {
    auto found = layout.feed(part_of(packed, layout.wants(), step));
    if (!found) return found.error();
    parts.insert(parts.end(), found->begin(), found->end());
  }
  return parts;
}

Result<FitsBytes> group_of(const FitsBytes& packed, const PlainPart& part, std::uint64_t index) {
  const Tiling& tiling = *part.hdu->tiling;
  const TileGroup group = tiling.group(index);
  const std::uint64_t width = tiling.table().row_bytes;
  const auto rows = part_of(packed, part.packed_data + group.first_row * width, group.rows * width);
  const auto runs = tiling.heap_runs(rows);
  if (!runs) return runs.error();
  FitsBytes heap;
  for (const ByteRun& run : *runs) {
    const auto bytes = part_of(packed, part.packed_data + tiling.table().heap + run.at, run.size);
    heap.insert(heap.end(), bytes.begin(), bytes.end());
  }
  return tiling.decoded(group, FitsBytes(rows.begin(), rows.end()), *runs, heap);
}

// The plain form, made part by part in any order.
Result<FitsBytes> by_parts(const FitsBytes& packed, std::uint64_t step = 65536) {
  const auto parts = parts_of(packed, step);
  if (!parts) return parts.error();
  FitsBytes plain(parts->back().end());
  std::mt19937 random(1);
  for (const PlainPart& part : *parts) {
    const auto header = std::as_bytes(std::span(part.hdu->header));
    std::copy(header.begin(), header.end(), plain.begin() + static_cast<std::ptrdiff_t>(part.at));
    std::fill(plain.begin() + static_cast<std::ptrdiff_t>(part.data_end()),
              plain.begin() + static_cast<std::ptrdiff_t>(part.end()),
              static_cast<std::byte>(part.hdu->fill));
    const auto data = plain.begin() + static_cast<std::ptrdiff_t>(part.data_at());
    if (!part.hdu->tiling) {
      const auto bytes = part_of(packed, part.packed_data, part.hdu->data);
      std::copy(bytes.begin(), bytes.end(), data);
      continue;
    }
    std::vector<std::uint64_t> order(part.hdu->tiling->groups());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    for (const std::uint64_t index : order) {
      const ByteRun run = part.hdu->tiling->group(index).image;
      EXPECT_EQ(part.hdu->tiling->group_at(run.at), index);
      EXPECT_EQ(part.hdu->tiling->group_at(run.at + run.size - 1), index);
      auto made = group_of(packed, part, index);
      if (!made) return made.error();
      EXPECT_EQ(made->size(), run.size);
      std::copy(made->begin(), made->end(), data + static_cast<std::ptrdiff_t>(run.at));
    }
  }
  return plain;
}

// Where two files differ first, in words; "" nowhere.
std::string difference(const FitsBytes& made, const FitsBytes& whole) {
  if (made.size() != whole.size())
    return std::to_string(made.size()) + " bytes, not " + std::to_string(whole.size());
  const auto [one, other] = std::mismatch(made.begin(), made.end(), whole.begin());
  if (one == made.end()) return "";
  const auto at = static_cast<std::size_t>(one - made.begin());
  const auto card = [at](const FitsBytes& bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data()) + at / 80 * 80, 80);
  };
  return "at " + std::to_string(at) + ": " + card(made) + " | " + card(whole);
}

void expect_same(TiledFits& file) {
  const FitsBytes packed = file.bytes();
  const auto made = by_parts(packed);
  ASSERT_TRUE(made) << made.error().what();
  EXPECT_EQ(difference(*made, TiledFits::unpacked(packed)), "");
}

void expect_unusual(TiledFits& file) {
  const auto made = by_parts(file.bytes());
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), EOPNOTSUPP) << made.error().what();
}

struct Shape {
  std::vector<long> axes;
  std::vector<long> tile;
};

// Tiles that are runs of pixels.
const std::vector<Shape>& runs() {
  static const std::vector<Shape> all{{{300, 20}, {300, 1}},
                                      {{300, 20}, {100, 1}},
                                      {{300, 20}, {300, 16}},
                                      {{300, 20}, {300, 20}},
                                      {{5000}, {5000}},
                                      {{5000}, {700}},
                                      {{40, 30, 20}, {40, 1, 1}},
                                      {{40, 30, 20}, {40, 30, 1}},
                                      {{41, 31, 23}, {41, 31, 4}},
                                      {{500, 300}, {500, 1}},
                                      {{12, 6, 5, 4}, {12, 6, 2, 1}},
                                      {{1, 300}, {1, 7}}};
  return all;
}

const std::vector<Shape>& blocks() {
  static const std::vector<Shape> all{{{301, 203}, {64, 64}},
                                      {{40, 30, 50}, {16, 8, 1}},
                                      {{41, 31, 23}, {16, 8, 4}},
                                      {{500, 300}, {100, 100}}};
  return all;
}

std::string words(int compression, int kind, const Shape& shape) {
  return "compression " + std::to_string(compression) + " kind " + std::to_string(kind) + " axis " +
         std::to_string(shape.axes[0]) + " tile " + std::to_string(shape.tile[0]);
}

TEST(PackedLayout, WholeNumbersInEveryShapeOfTiles) {
  std::vector<Shape> shapes = runs();
  shapes.insert(shapes.end(), blocks().begin(), blocks().end());
  for (const int compression : {RICE_1, GZIP_1, GZIP_2, PLIO_1}) {
    for (const Shape& shape : shapes) {
      TiledFits file;
      for (const int bitpix : {BYTE_IMG, SHORT_IMG, LONG_IMG})
        file.add({.bitpix = bitpix, .axes = shape.axes, .tile = shape.tile, .compression = compression});
      SCOPED_TRACE(words(compression, 0, shape));
      expect_same(file);
    }
  }
}

TEST(PackedLayout, FloatingPointInRunsOfAnyLength) {
  for (const int compression : {RICE_1, GZIP_1, GZIP_2}) {
    for (const int dither : {NO_DITHER, SUBTRACTIVE_DITHER_1, SUBTRACTIVE_DITHER_2}) {
      for (const Shape& shape : runs()) {
        TiledFits file;
        for (const bool nans : {false, true}) {
          for (const int bitpix : {FLOAT_IMG, DOUBLE_IMG})
            file.add({.bitpix = bitpix,
                      .axes = shape.axes,
                      .tile = shape.tile,
                      .compression = compression,
                      .dither = dither,
                      .nans = nans});
        }
        SCOPED_TRACE(words(compression, dither, shape));
        expect_same(file);
      }
    }
  }
}

// CFITSIO puts pixels in the wrong place there; unpacking the whole gives what it gives.
TEST(PackedLayout, FloatingPointInBlocksIsUnusual) {
  for (const Shape& shape : blocks()) {
    TiledFits file;
    file.add({.bitpix = FLOAT_IMG, .axes = shape.axes, .tile = shape.tile, .nans = true});
    expect_unusual(file);
  }
}

TEST(PackedLayout, LosslessFloatingPoint) {
  for (const int compression : {GZIP_1, GZIP_2}) {
    for (const bool nans : {false, true}) {
      TiledFits file;
      for (const int bitpix : {FLOAT_IMG, DOUBLE_IMG})
        file.add({.bitpix = bitpix, .compression = compression, .quantize = 0, .nans = nans});
      expect_same(file);
    }
  }
}

TEST(PackedLayout, Hcompress) {
  for (const int bitpix : {BYTE_IMG, SHORT_IMG, LONG_IMG, FLOAT_IMG}) {
    for (const std::vector<long>& tile : {std::vector<long>{300, 200}, {300, 16}, {64, 64}}) {
      if (bitpix < 0 && tile[0] == 64) continue;
      TiledFits file;
      file.add({.bitpix = bitpix, .tile = tile, .compression = HCOMPRESS_1});
      expect_same(file);
    }
  }
}

TEST(PackedLayout, SmoothImagesAndZeroPoints) {
  TiledFits file;
  file.add({.noise = false, .zero = 32768});
  file.add({.bitpix = FLOAT_IMG, .noise = false});
  file.add({.bitpix = LONG_IMG, .blank = true});
  file.add({.bitpix = LONG_IMG, .zero = 2147483648.0});
  file.add({.bitpix = BYTE_IMG, .blank = true});
  expect_same(file);
}

TEST(PackedLayout, TheImageOfAnEmptyPrimaryTakesItsPlace) {
  TiledFits file(false);
  file.add({}, true);
  file.add({});
  expect_same(file);
}

TEST(PackedLayout, HdusThatAreNotCompressed) {
  for (const bool sums : {false, true}) {
    TiledFits file;
    file.add_plain(true, sums);
    file.add({});
    file.add_plain(false, sums);
    file.add({.bitpix = LONG_IMG});
    file.add_plain(true, sums);
    expect_same(file);
  }
}

TEST(PackedLayout, APrimaryImageThatIsNotCompressed) {
  TiledFits file(false);
  file.add_plain(false);
  file.add({});
  expect_same(file);
}

TEST(PackedLayout, HeadersOfAnyLength) {
  for (const int cards : {0, 10, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 100, 700}) {
    TiledFits file;
    file.add({.axes = {50, 20}, .tile = {50, 1}, .cards = cards});
    const FitsBytes packed = file.bytes();
    for (const std::uint64_t step : {100U, 2880U, 65536U}) {
      const auto made = by_parts(packed, step);
      ASSERT_TRUE(made) << made.error().what() << " with " << cards;
      EXPECT_EQ(difference(*made, TiledFits::unpacked(packed)), "") << cards;
    }
  }
}

TEST(PackedLayout, SumsOfWholeNumbersAreThoseOfThePixels) {
  for (const bool primary : {false, true}) {
    TiledFits file(!primary);
    for (const int bitpix : {BYTE_IMG, SHORT_IMG, LONG_IMG})
      file.add({.bitpix = bitpix, .sums = Sums::kRight}, primary && bitpix == BYTE_IMG);
    const FitsBytes packed = file.bytes();
    const auto parts = parts_of(packed);
    ASSERT_TRUE(parts) << parts.error().what();
    for (const PlainPart& part : *parts)
      EXPECT_EQ(part.hdu->data_sum.has_value(), part.hdu->tiling != nullptr);
    const auto made = by_parts(packed);
    ASSERT_TRUE(made) << made.error().what();
    EXPECT_EQ(difference(*made, TiledFits::unpacked(packed)), "");
  }
}

TEST(PackedLayout, SumsThatOnlyThePixelsTellAreUnusual) {
  TiledFits file;
  file.add({.bitpix = FLOAT_IMG, .sums = Sums::kRight});
  expect_unusual(file);
}

TEST(PackedLayout, AFileThatIsCutOffOrTooLongIsUnusual) {
  TiledFits file;
  file.add({});
  FitsBytes packed = file.bytes();
  packed.resize(packed.size() - 2880);
  EXPECT_EQ(by_parts(packed).error().code(), EOPNOTSUPP);
  packed.resize(packed.size() + std::size_t{2} * 2880);
  EXPECT_EQ(by_parts(packed).error().code(), EOPNOTSUPP);
  packed.resize(1000);
  EXPECT_EQ(by_parts(packed).error().code(), EOPNOTSUPP);
}

TEST(PackedLayout, APlainFormThatThePackedDataCannotHoldIsEio) {
  TiledFits file;
  file.add({});
  const FitsBytes good = file.bytes();
  for (const auto& [keyword, value] :
       {std::pair("ZPCOUNT", "5"), std::pair("ZGCOUNT", "2"), std::pair("ZTILE1", "900000000"),
        std::pair("ZNAXIS2", "900000000000")}) {
    FitsBytes packed = good;
    const std::string card = std::string(keyword) + std::string(8 - std::string(keyword).size(), ' ') + "= ";
    const auto wanted = std::as_bytes(std::span(card));
    const auto at = std::search(packed.begin(), packed.end(), wanted.begin(), wanted.end());
    ASSERT_NE(at, packed.end()) << keyword;
    std::string number = value;
    number.insert(0, 20 - number.size(), ' ');
    std::ranges::copy(std::as_bytes(std::span(number)), at + 10);
    EXPECT_EQ(by_parts(packed).error().code(), EIO) << keyword;
    try {
      (void)TiledFits::unpacked(packed);
      FAIL() << keyword << ": unpacked";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find("damaged"), std::string::npos) << error.what();
    }
  }
}

TEST(PackedLayout, DescriptorsOutsideTheHeapAreEio) {
  TiledFits file;
  file.add({});
  FitsBytes packed = file.bytes();
  const auto parts = parts_of(packed);
  ASSERT_TRUE(parts);
  const std::uint64_t row = parts->back().packed_data;
  packed[row + 4] = std::byte{0x7F};
  EXPECT_EQ(by_parts(packed).error().code(), EIO);
}

}  // namespace
}  // namespace esofs::cache
