// columns.csv and description.txt.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/fs/tables/tables_fixture.h"

namespace esofs::fs {
namespace {

class TableTextsTest : public TablesFixture {};

TEST_F(TableTextsTest, ColumnsAreCsvInTheirOrder) {
  catalog_.put("SELECT * FROM TAP_SCHEMA.columns WHERE table_name = 'ivoa.ObsCore'",
               listing_of("columns-1", {"column_name", "datatype", "unit", "description", "column_index"},
                          {{"s_dec", "double", "deg", "Declination, \"main\"", "10"},
                           {"s_ra", "double", "deg", "", "9"}}));
  EXPECT_EQ(cat({"tables", "cat", "ivoa", "ObsCore", "columns.csv"}),
            "name,datatype,arraysize,unit,ucd,utype,xtype,principal,indexed,std,description\n"
            "s_ra,double,,deg,,,,,,,\n"
            "s_dec,double,,deg,,,,,,,\"Declination, \"\"main\"\"\"\n");
}

TEST_F(TableTextsTest, TheDescriptionTellsWhatIsKnown) {
  const auto text = cat({"tables", "cat", "safcat", "CAT_V1", "description.txt"});
  EXPECT_NE(text.find("table: CAT_V1\n"), std::string::npos);
  EXPECT_NE(text.find("superseded by: CAT_V2\n"), std::string::npos);
  EXPECT_NE(text.find("description: Old sources\n"), std::string::npos);
  EXPECT_EQ(text.find("position columns"), std::string::npos);
}

}  // namespace
}  // namespace esofs::fs
