// The decompressed views of a FileCache: .fits.Z, .fits.gz and .fits.fz as plain FITS.
#include <fcntl.h>
#include <fitsio.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "cache/content/forms/fits_file.h"
#include "cache/content/forms/unpack.h"
#include "tests/support/lzw.h"
#include "tests/support/streams.h"
#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;
using tests::packed_by;

constexpr long kSide = 300;

Bytes file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(file), {}};
  Bytes bytes(chars.size());
  if (!chars.empty()) std::memcpy(bytes.data(), chars.data(), chars.size());
  return bytes;
}

class ViewTest : public FileCacheFixture {
 protected:
  ViewTest() { std::filesystem::create_directories(dir_ / "made"); }

  // A FITS file of two images of pseudo-random and smooth pixels.
  Bytes plain_fits() {
    const auto path = dir_ / "made" / "plain.fits";
    std::filesystem::remove(path);  // CFITSIO replaces nothing
    int status = 0;
    fitsfile* file = nullptr;
    fits_create_diskfile(&file, path.c_str(), &status);
    std::array<long, 2> axes{kSide, kSide};
    std::vector<short> pixels(static_cast<std::size_t>(kSide * kSide));
    for (int hdu = 0; hdu < 2; ++hdu) {
      for (std::size_t i = 0; i < pixels.size(); ++i)
        pixels[i] = static_cast<short>((i * i / 7 + i * 31) % 9000 - 100);
      fits_create_img(file, SHORT_IMG, 2, axes.data(), &status);
      fits_write_key_lng(file, "EXPNO", hdu, "an example", &status);
      fits_write_img(file, TSHORT, 1, kSide * kSide, pixels.data(), &status);
    }
    fits_close_file(file, &status);
    if (status != 0) throw std::runtime_error("CFITSIO cannot write");
    return file_bytes(path);
  }

  // The same, tile-compressed as fpack does.
  Bytes tiled_fits(bool with_sums = false) {
    plain_fits();
    const auto path = dir_ / "made" / "tiled.fits.fz";
    std::filesystem::remove(path);
    int status = 0;
    fitsfile* from = nullptr;
    fitsfile* to = nullptr;
    fits_open_diskfile(&from, (dir_ / "made" / "plain.fits").c_str(), READONLY, &status);
    fits_create_diskfile(&to, path.c_str(), &status);
    fits_set_compression_type(to, RICE_1, &status);
    for (int hdu = 1; hdu <= 2; ++hdu) {
      fits_movabs_hdu(from, hdu, nullptr, &status);
      fits_img_compress(from, to, &status);
      if (with_sums) fits_write_chksum(to, &status);
    }
    fits_close_file(from, &status);
    fits_close_file(to, &status);
    if (status != 0) throw std::runtime_error("CFITSIO cannot compress");
    return file_bytes(path);
  }

  // The view of a tile-compressed file whose primary HDU was empty before it was packed.
  Bytes view_of_extensions() {
    plain_fits();
    const auto path = dir_ / "made" / "extensions.fits.fz";
    std::filesystem::remove(path);
    int status = 0;
    fitsfile* from = nullptr;
    fitsfile* to = nullptr;
    fits_open_diskfile(&from, (dir_ / "made" / "plain.fits").c_str(), READONLY, &status);
    fits_create_diskfile(&to, path.c_str(), &status);
    fits_create_img(to, BYTE_IMG, 0, nullptr, &status);
    fits_movabs_hdu(from, 2, nullptr, &status);
    fits_set_compression_type(to, RICE_1, &status);
    for (int i = 0; i < 2; ++i) fits_img_compress(from, to, &status);
    fits_close_file(from, &status);
    fits_close_file(to, &status);
    if (status != 0) throw std::runtime_error("CFITSIO cannot compress");
    put(file_bytes(path), "A.fits.fz");
    return all_of(open(Form::kPlain));
  }

  // The view of an image of pixels of `bitpix` that has its sums, tile-compressed. data_sum: in place of the right one.
  Bytes view_of_summed(int bitpix, const char* data_sum = nullptr) {
    const auto made = dir_ / "made";
    for (const char* name : {"summed.fits", "summed.fits.fz"}) std::filesystem::remove(made / name);
    int status = 0;
    fitsfile* from = nullptr;
    fitsfile* to = nullptr;
    fits_create_diskfile(&from, (made / "summed.fits").c_str(), &status);
    std::array<long, 2> axes{kSide, kSide};
    std::vector<float> pixels(static_cast<std::size_t>(kSide * kSide));
    for (std::size_t i = 0; i < pixels.size(); ++i)
      pixels[i] = static_cast<float>((i * i / 7 + i * 31) % 9000) * 0.37F;
    fits_create_img(from, bitpix, 2, axes.data(), &status);
    fits_write_img(from, TFLOAT, 1, kSide * kSide, pixels.data(), &status);
    fits_write_chksum(from, &status);
    if (data_sum != nullptr) fits_modify_key_str(from, "DATASUM", data_sum, "&", &status);
    fits_modify_comment(from, "DATASUM", "of the pixels", &status);
    fits_create_diskfile(&to, (made / "summed.fits.fz").c_str(), &status);
    fits_set_compression_type(to, RICE_1, &status);
    fits_img_compress(from, to, &status);
    fits_close_file(from, &status);
    fits_close_file(to, &status);
    if (status != 0) throw std::runtime_error("CFITSIO cannot compress");
    return view_of(file_bytes(made / "summed.fits.fz"), "A.fits.fz");
  }

  struct Sums {
    int data = 0;  // -1: wrong, 0: not there, 1: right
    int all = 0;
    std::string comment;  // of DATASUM
  };
  Sums sums_of(const Bytes& fits) {
    const auto path = dir_ / "made" / "summed_view.fits";
    write_file(path, fits);
    Sums sums;
    int status = 0;
    fitsfile* file = nullptr;
    fits_open_diskfile(&file, path.c_str(), READONLY, &status);
    fits_verify_chksum(file, &sums.data, &sums.all, &status);
    std::array<char, FLEN_COMMENT> comment{};
    std::array<char, FLEN_VALUE> value{};
    fits_read_key_str(file, "DATASUM", value.data(), comment.data(), &status);
    fits_close_file(file, &status);
    EXPECT_EQ(status, 0);
    sums.comment = comment.data();
    return sums;
  }

  static std::size_t find_last(const Bytes& bytes, std::string_view text) {
    const auto* begin = reinterpret_cast<const char*>(bytes.data());
    const auto at = std::string_view(begin, bytes.size()).rfind(text);
    if (at == std::string_view::npos) throw std::runtime_error("no such text");
    return at;
  }

  static void write_file(const std::filesystem::path& path, const Bytes& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }

  // What opening the plain form of this file, as it is delivered, fails with; 0: it does not.
  int plain_error(const Bytes& delivered, const std::string& name) {
    archive_.put_bytes(url_, delivered, {.validator = "v" + std::to_string(++version_), .name = name});
    now_ += 10'000'000;
    return open_error(Form::kPlain);
  }

  Bytes view_of(const Bytes& delivered, const std::string& name) {
    EXPECT_EQ(plain_error(delivered, name), 0) << name;
    return all_of(open(Form::kPlain));
  }

  std::vector<short> pixels_of(const Bytes& fits, int hdu) {
    const auto path = dir_ / "made" / "read.fits";
    write_file(path, fits);
    int status = 0;
    fitsfile* file = nullptr;
    fits_open_diskfile(&file, path.c_str(), READONLY, &status);
    fits_movabs_hdu(file, hdu, nullptr, &status);
    std::vector<short> pixels(static_cast<std::size_t>(kSide * kSide));
    fits_read_img(file, TSHORT, 1, kSide * kSide, nullptr, pixels.data(), nullptr, &status);
    fits_close_file(file, &status);
    EXPECT_EQ(status, 0);
    return pixels;
  }

  void put(Bytes bytes, const std::string& name) {
    archive_.put_bytes(url_, std::move(bytes), {.name = name});
  }

  int version_ = 1;
};

TEST_F(ViewTest, LzwAndGzipGiveTheFileThatWasCompressed) {
  const Bytes plain = plain_fits();
  for (const int filter : {ARCHIVE_FILTER_COMPRESS, ARCHIVE_FILTER_GZIP}) {
    put(packed_by(filter, plain), filter == ARCHIVE_FILTER_GZIP ? "A.fits.gz" : "A.fits.Z");
    now_ += 10'000'000;
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    EXPECT_EQ(all_of(file), plain);
  }
}

TEST_F(ViewTest, WithoutASuffixTheFirstBytesShowThePacking) {
  const Bytes plain = plain_fits();
  put(packed_by(ARCHIVE_FILTER_COMPRESS, plain), "");
  EXPECT_EQ(all_of(open(Form::kPlain)), plain);
}

TEST_F(ViewTest, TileCompressedFilesHaveTheSamePixelsAndArePlainImages) {
  const Bytes plain = plain_fits();
  put(tiled_fits(), "A.fits.FZ");
  const Bytes view = all_of(open(Form::kPlain));
  for (const int hdu : {1, 2}) EXPECT_EQ(pixels_of(view, hdu), pixels_of(plain, hdu));
  EXPECT_EQ(view.size(), plain.size());
}

TEST_F(ViewTest, TheDeliveredFormStaysAsItIs) {
  const Bytes packed = packed_by(ARCHIVE_FILTER_GZIP, plain_fits());
  put(packed, "A.fits.gz");
  EXPECT_EQ(all_of(open(Form::kDelivered)), packed);
}

TEST_F(ViewTest, AFileThatIsNotPackedIsTheSameInBothForms) {
  const Bytes plain = plain_fits();
  put(plain, "A.fits");
  const auto delivered = open(Form::kDelivered);
  const auto view = open(Form::kPlain);
  EXPECT_EQ(view->version(), delivered->version());
  EXPECT_EQ(all_of(view), plain);
}

TEST_F(ViewTest, UnpackingCanBeLimited) {
  const Bytes plain = plain_fits();
  const Bytes lzw = packed_by(ARCHIVE_FILTER_COMPRESS, plain);
  const Bytes tiled = tiled_fits();
  config_.unpack = Unpack::kZ;
  restart();
  put(lzw, "A.fits.Z");
  EXPECT_EQ(all_of(open(Form::kPlain)), plain);
  put(tiled, "A.fits.fz");
  now_ += 10'000'000;
  EXPECT_EQ(all_of(open(Form::kPlain)), tiled);
  config_.unpack = Unpack::kNone;
  restart();
  put(lzw, "A.fits.Z");
  now_ += 10'000'000;
  EXPECT_EQ(all_of(open(Form::kPlain)), lzw);
}

TEST_F(ViewTest, ASecondOpenIsFreeAlsoAfterARestart) {
  const Bytes plain = plain_fits();
  put(packed_by(ARCHIVE_FILTER_GZIP, plain), "A.fits.gz");
  ASSERT_TRUE(open(Form::kPlain));
  const auto facts = cache_->facts(dataset_, Form::kPlain);
  EXPECT_TRUE(facts.exact);
  EXPECT_EQ(facts.size, plain.size());
  const int before = archive_.fetch_count();
  restart();
  EXPECT_EQ(cache_->facts(dataset_, Form::kPlain).size, plain.size());
  EXPECT_EQ(all_of(open(Form::kPlain)), plain);
  EXPECT_EQ(archive_.fetch_count(), before);
}

TEST_F(ViewTest, AViewThatTheCacheLostIsMadeAgain) {
  const Bytes plain = plain_fits();
  put(packed_by(ARCHIVE_FILTER_GZIP, plain), "A.fits.gz");
  auto file = open(Form::kPlain);
  file.reset();
  cache_.reset();
  std::filesystem::remove_all(config_.directory);
  restart();
  EXPECT_EQ(all_of(open(Form::kPlain)), plain);
}

TEST_F(ViewTest, WithoutADiskTheViewIsMadeAllTheSame) {
  config_.directory = "/dev/null/nowhere";
  config_.memory_bytes = kMiB;
  restart();
  const Bytes plain = plain_fits();
  put(packed_by(ARCHIVE_FILTER_GZIP, plain), "A.fits.gz");
  EXPECT_EQ(all_of(open(Form::kPlain)), plain);
}

TEST_F(ViewTest, AWholeResponseIsUnpackedToo) {
  const Bytes plain = plain_fits();
  archive_.put_bytes(url_, packed_by(ARCHIVE_FILTER_COMPRESS, plain),
                     {.ranges = false, .name = "A.fits.Z", .announce_length = false});
  EXPECT_EQ(all_of(open(Form::kPlain)), plain);
}

TEST_F(ViewTest, OpensAtOnceUnpackOnce) {
  const Bytes plain = plain_fits();
  put(packed_by(ARCHIVE_FILTER_COMPRESS, plain), "A.fits.Z");
  archive_.hold();
  std::vector<Asked<File>> asked;
  for (int i = 0; i < 20; ++i) asked.push_back(ask_open(Form::kPlain));
  ASSERT_TRUE(archive_.wait_held());
  archive_.release();
  for (auto& each : asked) {
    auto file = each.get();
    ASSERT_TRUE(file);
    EXPECT_EQ(all_of(*file), plain);
  }
  EXPECT_LE(archive_.fetched_bytes(), plain.size() + 2 * kChunk);
}

TEST_F(ViewTest, WhatCannotBeUnpackedIsEio) {
  Bytes packed = packed_by(ARCHIVE_FILTER_GZIP, plain_fits());
  packed.resize(packed.size() / 2);
  put(packed, "A.fits.gz");
  EXPECT_EQ(open_error(Form::kPlain), EIO);
  put(packed_by(ARCHIVE_FILTER_COMPRESS, Bytes(10'000)), "A.fits.Z");
  now_ += 10'000'000;
  EXPECT_EQ(open_error(Form::kPlain), EIO);  // not FITS
  Bytes tiled = tiled_fits();
  tiled.resize(tiled.size() / 4);
  put(tiled, "A.fits.fz");
  now_ += 10'000'000;
  EXPECT_EQ(open_error(Form::kPlain), EIO);
  EXPECT_EQ(open_error(Form::kDelivered), 0);
}

TEST_F(ViewTest, ATileCompressedFileThatIsNotAllHdusIsEio) {
  const Bytes tiled = tiled_fits();
  Bytes trailing = tiled;
  trailing.insert(trailing.end(), 2880, std::byte{'x'});
  EXPECT_EQ(plain_error(trailing, "A.fits.fz"), EIO);
  Bytes cut = tiled;
  cut.resize(cut.size() - 2880);
  EXPECT_EQ(plain_error(cut, "A.fits.fz"), EIO);
  Bytes headless = tiled;  // the header of the last HDU: CFITSIO takes it for the end of the file
  headless[find_last(headless, "XTENSION")] = std::byte{'Y'};
  EXPECT_EQ(plain_error(headless, "A.fits.fz"), EIO);
  Bytes padded = tiled;
  padded.insert(padded.end(), 2880, std::byte{0});
  EXPECT_EQ(plain_error(padded, "A.fits.fz"), 0);
}

TEST_F(ViewTest, ATileCompressedFileOfExtensionsKeepsThemAll) {
  const Bytes view = view_of_extensions();
  const auto path = dir_ / "made" / "view.fits";
  write_file(path, view);
  const UniqueFd fd(::open(path.c_str(), O_RDONLY));
  const auto hdus = count_hdus(fd.get());
  ASSERT_TRUE(hdus) << hdus.error().what();
  EXPECT_EQ(*hdus, 3);
}

TEST_F(ViewTest, DataThatDoesNotHaveItsDatasumIsEio) {
  Bytes tiled = tiled_fits(true);
  EXPECT_EQ(plain_error(tiled, "A.fits.fz"), 0);
  tiled[tiled.size() - 4000] ^= std::byte{1};  // in the last HDU's compressed pixels
  EXPECT_EQ(plain_error(tiled, "A.fits.fz"), EIO);
}

TEST_F(ViewTest, AHeaderThatTheArchiveCorrectedOnDownloadIsNoDamage) {
  Bytes tiled = tiled_fits(true);
  tiled[find_last(tiled, "an example")] = std::byte{'A'};
  EXPECT_EQ(plain_error(tiled, "A.fits.fz"), 0);
}

// Packed with their sums: pixels that are quantised, and pixels that stay.
TEST_F(ViewTest, TheSumsOfTheViewAreThoseOfItsBytesAndTheirCommentsStay) {
  for (const bool quantised : {true, false}) {
    const Sums sums = sums_of(view_of_summed(quantised ? FLOAT_IMG : SHORT_IMG));
    EXPECT_EQ(sums.data, 1) << quantised;
    EXPECT_EQ(sums.all, 1) << quantised;
    EXPECT_EQ(sums.comment, "of the pixels");
  }
}

TEST_F(ViewTest, AWrongSumOfUnchangedPixelsStaysWrong) {
  EXPECT_EQ(sums_of(view_of_summed(SHORT_IMG, "1")).data, -1)
      << "the file that was packed was damaged, or the packed one is";
}

TEST_F(ViewTest, GzipAndBzip2MayHoldLessThanWholeBlocks) {
  Bytes plain = plain_fits();
  plain.resize(plain.size() - 1000);  // without its fill
  EXPECT_EQ(view_of(packed_by(ARCHIVE_FILTER_GZIP, plain), "A.fits.gz"), plain);
  EXPECT_EQ(view_of(packed_by(ARCHIVE_FILTER_BZIP2, plain), "A.fits.bz2"), plain);
  plain = plain_fits();
  plain.resize(plain.size() + 140, std::byte{'x'});
  EXPECT_EQ(view_of(packed_by(ARCHIVE_FILTER_GZIP, plain), "A.fits.gz"), plain);
  EXPECT_EQ(view_of(packed_by(ARCHIVE_FILTER_BZIP2, plain), "A.fits.bz2"), plain);
}

TEST_F(ViewTest, GzipWithAWrongCheckSumOrTrailingGarbageIsEio) {
  const Bytes packed = packed_by(ARCHIVE_FILTER_GZIP, plain_fits());
  Bytes wrong = packed;
  wrong[wrong.size() - 8] ^= std::byte{1};
  EXPECT_EQ(plain_error(wrong, "A.fits.gz"), EIO);
  Bytes trailing = packed;
  trailing.insert(trailing.end(), 100, std::byte{'x'});
  EXPECT_EQ(plain_error(trailing, "A.fits.gz"), EIO);
  Bytes padded = packed;
  padded.insert(padded.end(), 100, std::byte{0});
  EXPECT_EQ(plain_error(padded, "A.fits.gz"), 0);
}

TEST_F(ViewTest, SeveralGzipMembersAreOneFile) {
  const Bytes plain = plain_fits();
  Bytes packed = packed_by(ARCHIVE_FILTER_GZIP, Bytes(plain.begin(), plain.begin() + 5000));
  const Bytes rest = packed_by(ARCHIVE_FILTER_GZIP, Bytes(plain.begin() + 5000, plain.end()));
  packed.insert(packed.end(), rest.begin(), rest.end());
  put(packed, "A.fits.gz");
  EXPECT_EQ(all_of(open(Form::kPlain)), plain);
}

TEST_F(ViewTest, LzwThatIsTooShortOrTooLongIsEio) {
  const Bytes plain = plain_fits();
  Bytes cut = packed_by(ARCHIVE_FILTER_COMPRESS, plain);
  cut.resize(cut.size() / 2);
  EXPECT_EQ(plain_error(cut, "A.fits.Z"), EIO);
  // Cut at a block: the size alone would not tell.
  const Bytes blocks(plain.begin(), plain.end() - 2880);
  EXPECT_EQ(plain_error(packed_by(ARCHIVE_FILTER_COMPRESS, blocks), "A.fits.Z"), EIO);
  Bytes longer = plain;
  longer.insert(longer.end(), 2880, std::byte{'x'});
  EXPECT_EQ(plain_error(packed_by(ARCHIVE_FILTER_COMPRESS, longer), "A.fits.Z"), EIO);
  Bytes odd = plain;
  odd.resize(odd.size() + 7);
  EXPECT_EQ(plain_error(packed_by(ARCHIVE_FILTER_COMPRESS, odd), "A.fits.Z"), EIO);
}

TEST_F(ViewTest, LzwWithoutBlockModeIsUnpacked) {
  const Bytes plain = plain_fits();
  for (const unsigned width : {12U, 16U})
    EXPECT_EQ(view_of(tests::lzw_of(plain, false, width), "A.fits.Z"), plain);
}

TEST_F(ViewTest, LzwWithoutTheFillOfTheLastBlockIsUnpacked) {
  Bytes plain = plain_fits();
  plain.resize(plain.size() - 1000);
  EXPECT_EQ(view_of(packed_by(ARCHIVE_FILTER_COMPRESS, plain), "A.fits.Z"), plain);
}

TEST_F(ViewTest, TilesOfIntegersOf64BitsAreNamed) {
  Bytes tiled = tiled_fits();
  const std::string_view card = "ZBITPIX =                   16";
  const auto at = find_last(tiled, card);
  std::memcpy(tiled.data() + at + card.size() - 2, "64", 2);
  EXPECT_EQ(plain_error(tiled, "A.fits.fz"), EIO);
  now_ += 60;
  auto file = ask_open(Form::kPlain).get();
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().what().find("ZBITPIX = 64"), std::string::npos) << file.error().what();
}

TEST_F(ViewTest, AnOpenThatIsCancelledEndsAtOnce) {
  put(packed_by(ARCHIVE_FILTER_GZIP, plain_fits()), "A.fits.gz");
  ASSERT_TRUE(open());
  ASSERT_TRUE(cache_->evict(dataset_));
  archive_.hold();
  auto asked = ask_open(Form::kPlain);
  ASSERT_TRUE(archive_.wait_held());
  asked.cancel();
  ASSERT_TRUE(asked.answered());
  EXPECT_EQ(asked.get().error().code(), EINTR);
  archive_.release();
  EXPECT_TRUE(open(Form::kPlain));
}

}  // namespace
}  // namespace esofs::cache
