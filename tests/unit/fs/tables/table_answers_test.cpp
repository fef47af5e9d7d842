// Parts of a table: from names to queries.
#include "fs/tables/table_answers.h"

#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/unit/fs/tables/tables_fixture.h"

namespace esofs::fs {
namespace {

class TableAnswersTest : public TablesFixture {};

TEST_F(TableAnswersTest, AConeIsAQueryAndIsListedOnceOpened) {
  const std::vector<std::string> cone{"tables", "cat", "safcat", "CAT_V2", "cone"};
  auto answer = std::make_shared<tests::FakeListing>();
  answer->file = temp_.path() / "answer.vot";
  std::ofstream(*answer->file) << "<VOTABLE/>";
  catalog_.put("SELECT * FROM CAT_V2 WHERE CONTAINS(POINT('', RA, \"DEC\"), CIRCLE('', 10.5, -20, 0.5)) = 1",
               answer);
  catalog_.put("SELECT * FROM CAT_V2 WHERE CONTAINS(POINT('', RA, DEC), CIRCLE('', 10.5, -20, 0.5)) = 1",
               answer);
  const auto directory = walk(cone);
  const int asked = catalog_.asked();
  auto entry = lookup(directory, "10.5_-20_30arcmin.vot");
  ASSERT_TRUE(entry && entry->ino != 0);
  EXPECT_GT(entry->attributes.st_size, 0);
  EXPECT_EQ(catalog_.asked(), asked) << "a lookup asks nothing";
  EXPECT_TRUE(list(cone).empty());
  EXPECT_EQ(cat(entry->ino), "<VOTABLE/>");
  EXPECT_EQ(list(cone), (std::vector<std::string>{"10.5_-20_30arcmin.vot", "10.5_-20_30arcmin.status.txt"}));
  EXPECT_NE(cat(lookup(directory, "10.5_-20_30arcmin.status.txt")->ino).find("answer: complete"),
            std::string::npos);
}

TEST_F(TableAnswersTest, IfTheBareNameIsRefusedTheSchemaIsSent) {
  auto answer = std::make_shared<tests::FakeListing>();
  answer->file = temp_.path() / "answer.vot";
  std::ofstream(*answer->file) << "<VOTABLE/>";
  const std::string where = " WHERE CONTAINS(POINT('', RA, DEC), CIRCLE('', 10.5, -20, 0.5)) = 1";
  catalog_.fail("SELECT * FROM CAT_V2" + where, Error(EINVAL, "unknown table CAT_V2"));
  catalog_.put("SELECT * FROM safcat.CAT_V2" + where, answer);
  const auto directory = walk({"tables", "cat", "safcat", "CAT_V2", "cone"});
  EXPECT_EQ(cat(lookup(directory, "10.5_-20_30arcmin.vot")->ino), "<VOTABLE/>");
  const auto status = cat(lookup(directory, "10.5_-20_30arcmin.status.txt")->ino);
  EXPECT_NE(status.find("FROM safcat.CAT_V2"), std::string::npos) << status;
  EXPECT_NE(status.find("answer: complete"), std::string::npos) << status;
}

TEST_F(TableAnswersTest, IfBothNamesAreRefusedTheLastErrorIsTheAnswer) {
  const std::string where = " WHERE CONTAINS(POINT('', RA, DEC), CIRCLE('', 10.5, -20, 0.5)) = 1";
  catalog_.fail("SELECT * FROM CAT_V2" + where, Error(EINVAL, "no"));
  catalog_.fail("SELECT * FROM safcat.CAT_V2" + where, Error(EINVAL, "not this either"));
  const auto opened = open(walk({"tables", "cat", "safcat", "CAT_V2", "cone", "10.5_-20_30arcmin.vot"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EINVAL);
  EXPECT_NE(opened.error().what().find("not this either"), std::string::npos);
}

TEST_F(TableAnswersTest, AnglesAreReadInEveryFormAndWrittenInOne) {
  const PartedTable table{"cat", "/tables/cat/s/T", "s.T", "", {"RA", "DECL", ""}};
  const std::string expected =
      "SELECT * FROM s.T WHERE CONTAINS(POINT('', RA, DECL), CIRCLE('', 83.75, -5.5, 0.5)) = 1";
  for (const char* name : {"83.75_-5.5_0.5", "83.75deg_-5.5_30arcmin", "05h35m00s_-05d30m00s_1800arcsec"})
    EXPECT_EQ(part_adql(table, TablePart::kCone, name), expected) << name;
  for (const char* name : {"", "_", "__", "83.75_-5.5", "83.75_-5.5_0.5_1", "83.75_-95_1", "83.75_-5.5_-1",
                           "83.75_-5.5_0.5;", "83.75_-5.5_1e1", " 83.75_-5.5_1", "nan_0_1", "83.75_-5.5_'1"})
    EXPECT_EQ(part_adql(table, TablePart::kCone, name), std::nullopt) << name;
}

TEST_F(TableAnswersTest, ANightIsNoonToNoon) {
  const PartedTable table{"obs", "/tables/obs/asm/m", "asm.m", "", {"", "", "start_date"}};
  EXPECT_EQ(
      part_adql(table, TablePart::kNight, "2023-12-31"),
      "SELECT * FROM asm.m WHERE start_date >= '2023-12-31T12:00:00' AND start_date < '2024-01-01T12:00:00' "
      "ORDER BY start_date");
  for (const char* name :
       {"2024-02-30", "2023-02-29", "2024-1-01", "2024-01-01T", "20240101", "9999-01-01", "-024-01-01"})
    EXPECT_EQ(part_adql(table, TablePart::kNight, name), std::nullopt) << name;
}

}  // namespace
}  // namespace esofs::fs
