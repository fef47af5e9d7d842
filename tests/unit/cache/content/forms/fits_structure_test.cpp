#include "cache/content/forms/fits_structure.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "tests/support/fits_text.h"

namespace esofs::cache {
namespace {

using tests::fits_card;
using tests::fits_header;
using tests::fits_of;

FitsStructure fed(const std::string& file, std::size_t piece = 1000) {
  FitsStructure structure;
  const auto bytes = std::as_bytes(std::span(file));
  for (std::size_t at = 0; at < bytes.size(); at += piece)
    structure.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
  return structure;
}

int error_of(const std::string& file, std::size_t piece = 1000) {
  const auto ended = fed(file, piece).end();
  return ended ? 0 : ended.error().code();
}

// A table of 3 rows of 10 bytes with a heap of 5000.
std::string table() {
  return fits_header({fits_card("XTENSION", "'BINTABLE'"), fits_card("BITPIX", "8"), fits_card("NAXIS", "2"),
                      fits_card("NAXIS1", "10"), fits_card("NAXIS2", "3"), fits_card("PCOUNT", "5000"),
                      fits_card("GCOUNT", "1"), fits_card("THEAP", "100")}) +
         std::string(5030, 'x');
}

TEST(FitsStructure, AFileIsWholeFromItsLastPixelOn) {
  const std::string file = fits_of(10'000, false);
  EXPECT_EQ(error_of(file), 0) << "the fill of the last block may be missing";
  EXPECT_EQ(error_of(fits_of(10'000)), 0);
  for (const std::size_t left : {std::size_t{1}, std::size_t{100}, std::size_t{9'999}, std::size_t{10'000}})
    EXPECT_EQ(error_of(file.substr(0, file.size() - left)), EIO) << left;
}

TEST(FitsStructure, PiecesOfAnySizeGiveTheSame) {
  const std::string file = fits_of(10'000) + table();
  for (const std::size_t piece : {1U, 79U, 80U, 81U, 2880U, 100'000U}) {
    EXPECT_EQ(error_of(file, piece), 0) << piece;
    EXPECT_EQ(error_of(file.substr(0, file.size() - 1), piece), EIO) << piece;
  }
}

TEST(FitsStructure, AHeaderThatHasNoEndIsCutOff) {
  const std::string file = fits_of(10'000);
  for (const std::size_t size : {1U, 79U, 80U, 240U, 399U})
    EXPECT_EQ(error_of(file.substr(0, size)), EIO) << size;
  EXPECT_EQ(error_of(file + table().substr(0, 100)), EIO);
  EXPECT_EQ(error_of(file + "XTEN"), EIO);
}

TEST(FitsStructure, AllExtensionsAndTheirHeapsCount) {
  const std::string file = fits_of(0) + table();
  EXPECT_EQ(error_of(file), 0);
  EXPECT_EQ(error_of(file.substr(0, file.size() - 1)), EIO) << "the last byte of the heap";
  EXPECT_EQ(fed(file).padded_size(), 2880U + 2880 + 5760);
}

TEST(FitsStructure, AHeaderWithoutDataIsAWholeFile) {
  const std::string file =
      fits_header({fits_card("SIMPLE", "T"), fits_card("BITPIX", "16"), fits_card("NAXIS", "0")});
  EXPECT_EQ(error_of(file), 0);
  EXPECT_EQ(error_of(file.substr(0, 4 * 80)), 0) << "all but its fill is here";
  EXPECT_EQ(error_of(file.substr(0, 4 * 80 - 1)), EIO);
}

TEST(FitsStructure, RandomGroupsHaveTheirParameters) {
  const std::string header =
      fits_header({fits_card("SIMPLE", "T"), fits_card("BITPIX", "-32"), fits_card("NAXIS", "3"),
                   fits_card("NAXIS1", "0"), fits_card("NAXIS2", "3"), fits_card("NAXIS3", "4"),
                   fits_card("GROUPS", "T"), fits_card("PCOUNT", "6"), fits_card("GCOUNT", "100")});
  const std::size_t bytes = 4 * 100 * (6 + 3 * 4);
  EXPECT_EQ(error_of(header + std::string(bytes, 'x')), 0);
  EXPECT_EQ(error_of(header + std::string(bytes - 1, 'x')), EIO);
}

TEST(FitsStructure, BytesBehindTheLastHduAreReportedAndNoError) {
  const std::string file = fits_of(10'000);
  EXPECT_FALSE(fed(file).trailing());
  EXPECT_FALSE(fed(file + std::string(2880, '\0')).trailing());
  for (const std::size_t size : {1U, 80U, 5000U}) {
    const auto structure = fed(file + std::string(size, 'x'));
    EXPECT_TRUE(structure.trailing()) << size;
    EXPECT_TRUE(structure.end()) << size;
  }
}

TEST(FitsStructure, FilesOfNoStandardAreNotJudged) {
  const std::string odd = fits_header({fits_card("SIMPLE", "T"), fits_card("BITPIX", "what"),
                                       fits_card("NAXIS", "1"), fits_card("NAXIS1", "1000")});
  EXPECT_EQ(error_of(odd), 0);
  const std::string negative = fits_header({fits_card("SIMPLE", "T"), fits_card("BITPIX", "8"),
                                            fits_card("NAXIS", "1"), fits_card("NAXIS1", "-5")});
  EXPECT_EQ(error_of(negative), 0);
}

TEST(FitsStructure, TextInCommentsAndValuesIsNoKeyword) {
  const std::string file =
      fits_header({fits_card("SIMPLE", "T"), fits_card("BITPIX", "8") + " / bits, NAXIS = 9",
                   fits_card("NAXIS", "1"), fits_card("NAXIS1", "10"), "COMMENT NAXIS1  =  9999999",
                   "HISTORY END", "END OF STORY = 5"}) +
      std::string(10, 'x');
  EXPECT_EQ(error_of(file), 0);
}

}  // namespace
}  // namespace esofs::cache
