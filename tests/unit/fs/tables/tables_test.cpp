// tables/: from TAP_SCHEMA to directories, and from names to queries.
#include <cerrno>
#include <fstream>

#include "fs/tables/table_answers.h"
#include "fs/tables/table_schemas.h"
#include "fs/tables/table_texts.h"
#include "tests/support/fs_fixture.h"

namespace esofs::fs {
namespace {

const std::string kTables = "SELECT * FROM TAP_SCHEMA.tables";
const std::string kAxes =
    "SELECT table_name, column_name, datatype, unit, ucd FROM TAP_SCHEMA.columns WHERE ucd LIKE 'pos.eq.%' "
    "OR ucd "
    "LIKE 'POS_EQ_%' OR ucd LIKE 'time.start%' OR column_name = 'start_date'";

std::shared_ptr<tests::FakeListing> listing_of(const std::string& name,
                                               const std::vector<std::string>& columns,
                                               const std::vector<std::vector<std::string>>& rows) {
  auto listing = std::make_shared<tests::FakeListing>();
  listing->name = name;
  for (const auto& column : columns) {
    listing->listing_columns.emplace_back();
    listing->listing_columns.back().name = column;
  }
  for (const auto& row : rows) {
    client::Row cells;
    for (const auto& cell : row) cells.push_back(cell.empty() ? client::Value{} : client::Value{cell});
    listing->listing_rows.push_back(std::move(cells));
  }
  return listing;
}

class TablesTest : public tests::FsFixture {
 protected:
  TablesTest() {
    catalog_.put(kTables,
                 listing_of("tables-1", {"schema_name", "table_name", "description", "title", "version"},
                            {{"safcat", "CAT_V1", "Old sources", "Sources", "1"},
                             {"safcat", "CAT_V2", "New sources", "Sources", "2"},
                             {"safcat", "A_LATE_ONE_V1", "", "Others", "1"},
                             {"ivoa", "ivoa.ObsCore", "Products", "", ""},
                             {"vizier", "vizier.\"II/246/out\"", "2MASS", "", ""},
                             {"vizier", "vizier.II.246.out", "", "", ""},
                             {"", "orphan", "", "", ""}}));
    catalog_.put(kAxes, listing_of("axes-1", {"table_name", "column_name", "datatype", "unit", "ucd"},
                                   {{"CAT_V2", "RA", "DOUBLE", "deg", "pos.eq.ra;meta.main"},
                                    {"CAT_V2", "DEC", "DOUBLE", "deg", "pos.eq.dec;meta.main"},
                                    {"CAT_V2", "RA_PSF", "DOUBLE", "deg", "pos.eq.ra"},
                                    {"CAT_V1", "RA1", "DOUBLE", "deg", "pos.eq.ra"},
                                    {"CAT_V1", "RA2", "DOUBLE", "deg", "pos.eq.ra"},
                                    {"CAT_V1", "DEC1", "DOUBLE", "deg", "pos.eq.dec"},
                                    {"ivoa.obscore", "start_date", "char", "", ""}}));
    auto config = this->config();
    config.tap_services = {"obs", "cat"};
    mount(config);
  }
  int absent(const std::vector<std::string>& directory, const std::string& name) {
    auto entry = lookup(walk(directory), name);
    if (!entry) return entry.error().code();
    return entry->ino == 0 ? ENOENT : 0;
  }
};

TEST_F(TablesTest, ServicesAreThoseOfTheProfileAndAskNothing) {
  EXPECT_EQ(list({"tables"}), (std::vector<std::string>{"obs", "cat"}));
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(TablesTest, OneQueryTellsAllTables) {
  EXPECT_EQ(list({"tables", "cat"}), (std::vector<std::string>{"safcat", "ivoa", "vizier", "default"}));
  EXPECT_EQ(list({"tables", "cat", "ivoa"}), std::vector<std::string>{"ObsCore"});
  EXPECT_EQ(list({"tables", "cat", "default"}), std::vector<std::string>{"orphan"});
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(TablesTest, LatestVersionsComeFirst) {
  EXPECT_EQ(list({"tables", "cat", "safcat"}),
            (std::vector<std::string>{"A_LATE_ONE_V1", "CAT_V2", "CAT_V1"}));
}

TEST_F(TablesTest, OddNamesAreMadeSafeAndUnique) {
  EXPECT_EQ(list({"tables", "cat", "vizier"}), (std::vector<std::string>{"II.246.out", "II_246_out"}));
}

TEST_F(TablesTest, ATableIsLookedUpWithoutItsDirectoriesListed) {
  EXPECT_NE(walk({"tables", "cat", "safcat", "CAT_V2"}), 0U);
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(TablesTest, ANameInAnotherCaseIsASymbolicLink) {
  auto entry = lookup(walk({"tables", "cat", "ivoa"}), "OBSCORE");
  ASSERT_TRUE(entry && entry->ino != 0);
  EXPECT_TRUE(S_ISLNK(entry->attributes.st_mode));
  EXPECT_EQ(*fs_->readlink(entry->ino), "ObsCore");
}

TEST_F(TablesTest, WhatToolsTryAsksNothing) {
  EXPECT_EQ(absent({"tables", "cat"}, "@x"), ENOENT);
  EXPECT_EQ(absent({"tables", "cat"}, ".hidden"), ENOENT);
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_EQ(absent({"tables", "cat", "ivoa", "ObsCore"}, "columns.csv.gz"), ENOENT);
  EXPECT_EQ(absent({"tables", "cat", "ivoa"}, "nosuch"), ENOENT);
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(TablesTest, AFailureIsItsErrnoAndNoEmptyDirectory) {
  catalog_.fail(kTables, Error(EHOSTUNREACH, "nobody there"));
  auto opened = opendir(walk({"tables", "cat"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EHOSTUNREACH);
  EXPECT_EQ(absent({"tables", "cat"}, "safcat"), EHOSTUNREACH);
}

TEST_F(TablesTest, ConesAndNightsAreWhereUcdsNameTheColumns) {
  EXPECT_EQ(list({"tables", "cat", "safcat", "CAT_V2"}),
            (std::vector<std::string>{"columns.csv", "description.txt", "sample.csv", "cone"}));
  EXPECT_EQ(list({"tables", "cat", "safcat", "CAT_V1"}),
            (std::vector<std::string>{"columns.csv", "description.txt", "sample.csv"}))
      << "two positions, and no main one";
  EXPECT_EQ(list({"tables", "cat", "ivoa", "ObsCore"}),
            (std::vector<std::string>{"columns.csv", "description.txt", "sample.csv", "night"}));
  EXPECT_EQ(absent({"tables", "cat", "safcat", "CAT_V1"}, "cone"), ENOENT);
  EXPECT_EQ(catalog_.asked(), 2) << "the tables, and the columns of all of them";
}

TEST_F(TablesTest, AConeIsAQueryAndIsListedOnceOpened) {
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

TEST_F(TablesTest, ColumnsAreCsvInTheirOrder) {
  catalog_.put("SELECT * FROM TAP_SCHEMA.columns WHERE table_name = 'ivoa.ObsCore'",
               listing_of("columns-1", {"column_name", "datatype", "unit", "description", "column_index"},
                          {{"s_dec", "double", "deg", "Declination, \"main\"", "10"},
                           {"s_ra", "double", "deg", "", "9"}}));
  EXPECT_EQ(cat({"tables", "cat", "ivoa", "ObsCore", "columns.csv"}),
            "name,datatype,arraysize,unit,ucd,utype,xtype,principal,indexed,std,description\n"
            "s_ra,double,,deg,,,,,,,\n"
            "s_dec,double,,deg,,,,,,,\"Declination, \"\"main\"\"\"\n");
}

TEST_F(TablesTest, TheDescriptionTellsWhatIsKnown) {
  const auto text = cat({"tables", "cat", "safcat", "CAT_V1", "description.txt"});
  EXPECT_NE(text.find("table: CAT_V1\n"), std::string::npos);
  EXPECT_NE(text.find("superseded by: CAT_V2\n"), std::string::npos);
  EXPECT_NE(text.find("description: Old sources\n"), std::string::npos);
  EXPECT_EQ(text.find("position columns"), std::string::npos);
}

TEST_F(TablesTest, WithoutServicesThereIsNoSuchDirectory) {
  mount();
  EXPECT_EQ(absent({}, "tables"), ENOENT);
}

TEST(TableNames, NamesOfTablesGoIntoAdqlAsTheyMust) {
  const auto adql = [](const std::string& schema, const std::string& table) {
    auto read = read_tables(*listing_of("t", {"schema_name", "table_name"}, {{schema, table}}));
    return read->schemas.at(0).tables.at(0).adql;
  };
  EXPECT_EQ(adql("ivoa", "ivoa.ObsCore"), "ivoa.ObsCore");
  EXPECT_EQ(adql("safcat", "PESSTO_V2"), "PESSTO_V2");
  EXPECT_EQ(adql("vizier", "vizier.II/246/out"), "vizier.\"II/246/out\"");
  EXPECT_EQ(adql("", "II/246/out"), "\"II/246/out\"");
  EXPECT_EQ(adql("x", "x.\"II/246/out\""), "x.\"II/246/out\"");
  EXPECT_EQ(adql("x", "x.order"), "x.\"order\"");
  EXPECT_EQ(adql("x", "other.tab"), "other.tab");
  EXPECT_EQ(adql("x", "t; DROP"), "\"t; DROP\"");
}

TEST(TableNames, IdentifiersAreDelimitedWhereTheyMustBe) {
  EXPECT_EQ(adql_identifier("RA2000"), "RA2000");
  EXPECT_EQ(adql_identifier("size"), "\"size\"");
  EXPECT_EQ(adql_identifier("\"size\""), "\"size\"");
  EXPECT_EQ(adql_identifier("2mass"), "\"2mass\"");
  EXPECT_EQ(adql_identifier("a\"b"), "\"a\"\"b\"");
}

TEST(TableParts, AnglesAreReadInEveryFormAndWrittenInOne) {
  const PartedTable table{"cat", "/tables/cat/s/T", "s.T", {"RA", "DECL", ""}};
  const std::string expected =
      "SELECT * FROM s.T WHERE CONTAINS(POINT('', RA, DECL), CIRCLE('', 83.75, -5.5, 0.5)) = 1";
  for (const char* name : {"83.75_-5.5_0.5", "83.75deg_-5.5_30arcmin", "05h35m00s_-05d30m00s_1800arcsec"})
    EXPECT_EQ(part_adql(table, TablePart::kCone, name), expected) << name;
  for (const char* name : {"", "_", "__", "83.75_-5.5", "83.75_-5.5_0.5_1", "83.75_-95_1", "83.75_-5.5_-1",
                           "83.75_-5.5_0.5;", "83.75_-5.5_1e1", " 83.75_-5.5_1", "nan_0_1", "83.75_-5.5_'1"})
    EXPECT_EQ(part_adql(table, TablePart::kCone, name), std::nullopt) << name;
}

TEST(TableParts, ANightIsNoonToNoon) {
  const PartedTable table{"obs", "/tables/obs/asm/m", "asm.m", {"", "", "start_date"}};
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
