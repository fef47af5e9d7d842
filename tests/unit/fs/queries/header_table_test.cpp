#include "fs/queries/header_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace esofs::fs {
namespace {

using ::testing::HasSubstr;
using Kind = HeaderValue::Kind;

HeaderTable table() {
  return {{"FILE", "EXPTIME", "NAXIS", "FLAG"},
          {{{Kind::kText, "a,b.fits"}, {Kind::kReal, "1.5"}, {Kind::kInteger, "2"}, {Kind::kLogical, "T"}},
           {{Kind::kText, "c.fits"}, {Kind::kInteger, "10"}, {}, {}}}};
}

TEST(HeaderTableTest, CsvHasTheValuesAsTheyAreWritten) {
  EXPECT_EQ(header_csv(table()), "FILE,EXPTIME,NAXIS,FLAG\n\"a,b.fits\",1.5,2,T\nc.fits,10,,\n");
}

TEST(HeaderTableTest, AColumnHasTheTypeOfItsValues) {
  const std::string text = header_votable(table());
  for (const char* field :
       {"name=\"FILE\" datatype=\"char\" arraysize=\"*\"", "name=\"EXPTIME\" datatype=\"double\"",
        "name=\"NAXIS\" datatype=\"long\"", "name=\"FLAG\" datatype=\"boolean\"", "<TD>10</TD><TD></TD>"})
    EXPECT_THAT(text, HasSubstr(field));
}

TEST(HeaderTableTest, FitsConsistsOfWholeBlocks) {
  const auto file = header_fits(table());
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 3U * 2880);
  EXPECT_THAT(*file, HasSubstr("TTYPE2  = 'EXPTIME '"));
  EXPECT_THAT(*file, HasSubstr("TFORM2  = 'D       '"));
  // The second row: 8 letters, then 10.0 as a big-endian double.
  EXPECT_EQ(file->substr(2 * 2880 + 25, 16), std::string("c.fits  @$\0\0\0\0\0\0", 16));
}

}  // namespace
}  // namespace esofs::fs
