#include <gmock/gmock.h>

#include "tests/sim/tap/adql/adql.h"
#include "tests/unit/sim/tap/tap_fixture.h"

namespace esofs::sim {
namespace {

using ::testing::HasSubstr;

using TapAdqlTest = TapTest;

TEST_F(TapAdqlTest, TablesAndColumnsAreFoundInAnyCase) {
  EXPECT_EQ(rows("select DP_ID from IVOA.obscore where Instrument_Name='MUSE'"),
            "ADP.2016-06-21T08:15:12.100");
  EXPECT_EQ(rows("SELECT ivoa.ObsCore.dp_id FROM ivoa.ObsCore WHERE ObsCore.instrument_name='MUSE'"),
            "ADP.2016-06-21T08:15:12.100");
}

TEST_F(TapAdqlTest, TextIsComparedWithoutRegardToCase) {
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE instrument_name='fors2'"), "3");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE instrument_name IN ('fors2', 'muse')"), "4");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE instrument_name LIKE 'mus_'"), "1");
}

TEST_F(TapAdqlTest, TopCommentsAndBetweenWork) {
  EXPECT_EQ(rows("SELECT TOP 1 dp_id -- the first\nFROM ivoa.ObsCore\n-- in order\nORDER BY dp_id DESC"),
            "ADP.2016-06-21T08:15:12.100");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE s_ra BETWEEN 10 AND 11 AND NOT s_dec IS NULL"),
            "2");
}

TEST_F(TapAdqlTest, JoinsOfEveryKindWork) {
  EXPECT_EQ(rows("SELECT p.archive_id FROM ivoa.ObsCore AS o JOIN phase3v2.product_files AS p ON "
                 "o.dp_id=p.product_id "
                 "ORDER BY p.archive_id"),
            "ADP.A ADP.B");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore o LEFT OUTER JOIN phase3v2.product_files p ON "
                 "o.dp_id=p.product_id"),
            "5");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore a JOIN ivoa.ObsCore b USING (instrument_name)"), "10");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore a, ivoa.ObsCore b WHERE a.dp_id < b.dp_id"), "6");
}

TEST_F(TapAdqlTest, SubqueriesGroupsAndHavingWork) {
  EXPECT_EQ(rows("SELECT instrument_name, COUNT(*) AS n FROM ivoa.ObsCore GROUP BY instrument_name HAVING "
                 "COUNT(*) > 1"),
            "FORS2,3");
  EXPECT_EQ(
      rows("SELECT dp_id FROM ivoa.ObsCore WHERE dp_id IN (SELECT product_id FROM phase3v2.product_files)"),
      "ADP.2014-07-11T10:00:32.830");
  EXPECT_EQ(rows("SELECT MAX(t.ra) FROM (SELECT s_ra AS ra FROM ivoa.ObsCore WHERE s_dec < 0) AS t"), "10.5");
  EXPECT_EQ(rows("SELECT dp_id FROM ivoa.ObsCore o WHERE EXISTS (SELECT archive_id FROM "
                 "phase3v2.product_files p WHERE "
                 "p.product_id = o.dp_id)"),
            "ADP.2014-07-11T10:00:32.830");
}

TEST_F(TapAdqlTest, QuotesInTextCannotEndIt) {
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE target_name = 'x'' OR 1=1 --'"), "0");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE target_name = 'a<b & \"c\", d'"), "1");
}

TEST_F(TapAdqlTest, StatementsOtherThanSelectAreRefused) {
  for (const char* adql :
       {"DELETE FROM ivoa.ObsCore", "SELECT 1", "DROP TABLE ivoa.ObsCore", "SELECT * FROM sqlite_master",
        "SELECT dp_id FROM ivoa.ObsCore; DROP TABLE x", "SELECT load_extension('x') FROM ivoa.ObsCore"}) {
    EXPECT_EQ(query(adql).status, 400) << adql;
  }
}

TEST_F(TapAdqlTest, UnknownNamesAreReportedInTheWordsOfAdqlLib) {
  const Answer column = query("SELECT o.obs_id FROM ivoa.ObsCore");
  EXPECT_EQ(column.status, 400);
  EXPECT_THAT(body(column), HasSubstr("1 unresolved identifiers: o.obs_id"));
  EXPECT_THAT(body(column), HasSubstr("\n  - Unknown column &quot;o.obs_id&quot; !"));
  EXPECT_THAT(body(query("SELECT * FROM foo.bar AS a")),
              HasSubstr("Unknown table &quot;foo.bar&quot; (alias a) !"));
  EXPECT_THAT(body(query("SELECT dp_id FORM ivoa.ObsCore")),
              HasSubstr(" Encountered &quot;ivoa&quot;. Was expecting"));
}

TEST_F(TapAdqlTest, ReservedWordsNeedQuotes) {
  EXPECT_EQ(query("SELECT size FROM TAP_SCHEMA.columns").status, 400);
  EXPECT_EQ(query("SELECT \"size\" FROM TAP_SCHEMA.columns").status, 200);
}

TEST_F(TapAdqlTest, EveryColumnCanBeSelectedByItsTapSchemaName) {
  const tap::Schema schema = tap::make_obs_schema();
  ASSERT_EQ(schema.tables.size(), 58U);
  std::size_t columns = 0;
  for (const auto& table : schema.tables) {
    std::string adql = "SELECT ";
    for (const auto& column : table.columns)
      adql += (adql.size() > 7 ? "," : "") + tap::adql_name(column.name);
    const auto translation = tap::translate(adql + " FROM " + table.name, schema, {});
    EXPECT_TRUE(std::holds_alternative<tap::Translation>(translation)) << table.name;
    columns += table.columns.size();
  }
  EXPECT_EQ(columns, 3001U);
  EXPECT_EQ(schema.find("IVOA.obscore")->columns.size(), 55U);
}

}  // namespace
}  // namespace esofs::sim
