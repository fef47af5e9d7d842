#include "fs/positions/positions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::fs {
namespace {

using ::testing::HasSubstr;

TEST(PositionsTest, NamesOfColumnsAreThoseThatProgramsWrite) {
  for (const char* text :
       {"ra,dec\n10.5,-20\n", "RA,DEC\r\n10.5,-20\r\n", "_RAJ2000;_DEJ2000\n10.5;-20\n",
        "RAJ2000\tDEJ2000\n10.5\t-20", "\xef\xbb\xbf# a comment\n\nname, ra_deg , dec_deg\nx, 10.5 , -20\n",
        "\"s_ra\",\"s_dec\"\n1.05e1,\"-20\"\n", "id,RA (deg),Dec (deg)\nx,00h42m00s,-20d00m00s\n",
        "ra,dec\n00:42:00,-20:00:00\n", "ra,dec\n00 42 00,-20 00 00\n"}) {
    const auto found = parse_positions(text);
    ASSERT_TRUE(found) << text << found.error().what();
    ASSERT_EQ(found->size(), 1U) << text;
    EXPECT_DOUBLE_EQ(found->front().ra_deg, 10.5) << text;
    EXPECT_DOUBLE_EQ(found->front().dec_deg, -20) << text;
  }
}

TEST(PositionsTest, AnEmptyTextHasNoPositions) {
  for (const char* text : {"", "\n\n", "# later\n", "ra,dec\n"}) EXPECT_TRUE(parse_positions(text)->empty());
}

TEST(PositionsTest, LabelsAreUniqueAndPortable) {
  const auto found = parse_positions("name,ra,dec\nNGC 253,1,2\nngc 253,3,4\n\"a, b/c\",5,6\n,7,8\n");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)[0].label, "NGC_253");
  EXPECT_EQ((*found)[1].label, "ngc_253-2");
  EXPECT_EQ((*found)[2].name, "a, b/c");
  EXPECT_EQ((*found)[2].label, "a_b_c");
  EXPECT_EQ((*found)[3].name, "4");
}

TEST(PositionsTest, ABadLineIsNamed) {
  const auto fault = [](const std::string& text) {
    const auto found = parse_positions(text);
    return found ? "taken"
                 : std::to_string(found.error().code() == EINVAL ? 1 : 0) + " " + found.error().what();
  };
  EXPECT_THAT(fault("ra,dec\n1,2\n\nabc,2\n"), HasSubstr("1 positions.csv line 4: 'abc'"));
  EXPECT_THAT(fault("ra,dec\n1,95.9\n"), HasSubstr("line 2: '95.9'"));
  EXPECT_THAT(fault("ra,dec\n1\n"), HasSubstr("line 2: it has 1 fields"));
  EXPECT_THAT(fault("ra,dec\n11.888,-25,288\n"), HasSubstr("line 2: it has 3 fields, and the header 2"));
  EXPECT_EQ(fault("ra,dec\n11.888,-25,,\n"), "taken");
  EXPECT_THAT(fault("10.5,-20\n"), HasSubstr("line 1: the first line must be a header, such as name,ra,dec"));
  EXPECT_THAT(fault("name,ra\nx,1\n"), HasSubstr("line 1: the header names no column for the declination"));
  EXPECT_THAT(fault("name,ra,dec\n\"x,1,2\n"), HasSubstr("line 2: a \" is never closed"));
  std::string many = "ra,dec\n";
  for (std::size_t i = 0; i <= kMostPositions; ++i) many += "1,2\n";
  EXPECT_THAT(fault(many), HasSubstr("line 502: more than 500 positions"));
}

}  // namespace
}  // namespace esofs::fs
