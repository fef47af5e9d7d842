// Which tables a service has, and how ADQL names them.
#include "fs/tables/table_schemas.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/fs/tables/tables_fixture.h"

namespace esofs::fs {
namespace {

class TableSchemasTest : public TablesFixture {};

TEST_F(TableSchemasTest, LatestVersionsComeFirst) {
  EXPECT_EQ(list({"tables", "cat", "safcat"}),
            (std::vector<std::string>{"A_LATE_ONE_V1", "CAT_V2", "CAT_V1"}));
}

TEST_F(TableSchemasTest, OddNamesAreMadeSafeAndUnique) {
  EXPECT_EQ(list({"tables", "cat", "vizier"}), (std::vector<std::string>{"II.246.out", "II_246_out"}));
}

TEST_F(TableSchemasTest, NamesOfTablesGoIntoAdqlAsTheyMust) {
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

TEST_F(TableSchemasTest, ABareNameThatTwoSchemasHaveIsQualified) {
  auto read =
      read_tables(*listing_of("t", {"schema_name", "table_name"},
                              {{"dr2", "source"}, {"edr3", "SOURCE"}, {"dr2", "other"}, {"my schema", "x"}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->schemas.at(0).find("source")->adql, "dr2.source");
  EXPECT_EQ(read->schemas.at(1).find("SOURCE")->adql, "edr3.SOURCE");
  EXPECT_EQ(read->schemas.at(0).find("other")->adql, "other");
  EXPECT_EQ(read->schemas.at(0).find("other")->qualified, "dr2.other");
  EXPECT_EQ(read->schemas.at(2).find("x")->qualified, "\"my schema\".x");
}

TEST_F(TableSchemasTest, IdentifiersAreDelimitedIfTheyMustBe) {
  EXPECT_EQ(adql_identifier("RA2000"), "RA2000");
  EXPECT_EQ(adql_identifier("size"), "\"size\"");
  EXPECT_EQ(adql_identifier("\"size\""), "\"size\"");
  EXPECT_EQ(adql_identifier("2mass"), "\"2mass\"");
  EXPECT_EQ(adql_identifier("a\"b"), "\"a\"\"b\"");
}

}  // namespace
}  // namespace esofs::fs
