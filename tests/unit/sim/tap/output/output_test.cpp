#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/sim/tap/output/output.h"
#include "tests/unit/sim/tap/tap_fixture.h"

namespace esofs::sim {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

using TapFormatTest = TapTest;

const std::string kMixed =
    "SELECT TOP 2 dp_id, target_name, em_min, access_estsize FROM ivoa.ObsCore ORDER BY dp_id";

TEST_F(TapFormatTest, NumbersAreThoseOfJava) {
  const auto shown = [](double value) {
    std::string out;
    tap::append_double(out, value);
    return out;
  };
  EXPECT_EQ(shown(8.570499999999999E-7), "8.570499999999999E-7");
  EXPECT_EQ(shown(60647.24137805), "60647.24137805");
  EXPECT_EQ(shown(0), "0.0");
  EXPECT_EQ(shown(1e7), "1.0E7");
  EXPECT_EQ(shown(0.001), "0.001");
  EXPECT_EQ(shown(-9.9e-4), "-9.9E-4");
  EXPECT_EQ(shown(1e300 * 1e300), "Infinity");
}

TEST_F(TapFormatTest, NarrowRowsAreOneLineAndNullsAreEmpty) {
  const Answer answer = query(kMixed, "votable");
  EXPECT_EQ(header(answer, "Content-Type"), "application/x-votable+xml;charset=UTF-8");
  EXPECT_TRUE(answer.chunked);
  const std::string text = body(answer);
  EXPECT_THAT(text, HasSubstr("<TR><TD>ADP.2014-07-11T10:00:32.830</TD><TD></TD><TD>8.570499999999999E-7</TD>"
                              "<TD>8458</TD></TR>\n"));
  EXPECT_THAT(text, HasSubstr("<TD>a&lt;b &amp; \"c\", d</TD><TD></TD><TD></TD></TR>\n"));
}

TEST_F(TapFormatTest, WideRowsHaveALineForEachCell) {
  const std::string text = body(query("SELECT TOP 1 * FROM ivoa.ObsCore", "votable"));
  EXPECT_THAT(text, HasSubstr("<TABLEDATA>\n  <TR>\n    <TD></TD>\n    <TD>8458</TD>\n"));
  EXPECT_THAT(
      text,
      HasSubstr("<FIELD datatype=\"double\" name=\"abmaglim\" ucd=\"phot.mag;stat.max\" unit=\"mag\">\n"));
  EXPECT_THAT(text, HasSubstr("xtype=\"adql:REGION\""));
  EXPECT_THAT(text, Not(HasSubstr("arraysize=\"45*\"")));
}

TEST_F(TapFormatTest, MaxrecCutsAndReportsItAfterTheTable) {
  const std::string mark =
      "</TABLE>\n<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>\n</RESOURCE>\n</VOTABLE>\n";
  EXPECT_THAT(body(query("SELECT dp_id FROM ivoa.ObsCore", "votable", {{"maxrec", "2"}})), EndsWith(mark));
  EXPECT_THAT(body(query("SELECT dp_id FROM ivoa.ObsCore", "votable", {{"MAXREC", "4"}})),
              Not(HasSubstr("OVERFLOW")));
  EXPECT_THAT(body(query("SELECT TOP 2 dp_id FROM ivoa.ObsCore", "votable")), Not(HasSubstr("OVERFLOW")));
  const std::string empty = body(query("SELECT dp_id FROM ivoa.ObsCore", "votable", {{"MAXREC", "0"}}));
  EXPECT_THAT(empty, HasSubstr("<TABLEDATA>\n</TABLEDATA>"));
  EXPECT_THAT(empty, EndsWith(mark));
}

TEST_F(TapFormatTest, WithoutMaxrecThereAreTwentyThousandRows) {
  holdings_->many = 20001;
  EXPECT_THAT(body(query("SELECT dp_id FROM dbo.raw", "votable")), HasSubstr("OVERFLOW"));
  const std::string all = body(query("SELECT dp_id FROM dbo.raw", "votable", {{"MAXREC", "30000"}}));
  EXPECT_THAT(all, HasSubstr("<TD>RAW.20000</TD>"));
  EXPECT_THAT(all, Not(HasSubstr("OVERFLOW")));
}

TEST_F(TapFormatTest, BigTablesCanBeReadAgain) {
  holdings_->many = 60000;
  EXPECT_EQ(rows("SELECT count(*), max(access_estsize) FROM dbo.raw"), "60000,59999");
  EXPECT_EQ(rows("SELECT TOP 1 dp_id FROM dbo.raw"), "RAW.0");
  EXPECT_EQ(rows("SELECT count(*) FROM dbo.raw a JOIN phase3v2.product_files p ON p.product_id = a.dp_id"),
            "0");
}

TEST_F(TapFormatTest, CsvQuotesByRfc4180) {
  EXPECT_EQ(body(query(kMixed, "csv")),
            "dp_id,target_name,em_min,access_estsize\n"
            "ADP.2014-07-11T10:00:32.830,,8.570499999999999E-7,8458\n"
            "ADP.2014-07-11T10:00:32.850,\"a<b & \"\"c\"\", d\",,\n");
  EXPECT_EQ(header(query(kMixed, "text/csv"), "Content-Type").substr(0, 8), "text/csv");
}

TEST_F(TapFormatTest, JsonHasMetadataAndNulls) {
  const auto parsed = nlohmann::json::parse(body(query(kMixed, "json")));
  EXPECT_EQ(parsed["metadata"][2]["name"], "em_min");
  EXPECT_EQ(parsed["metadata"][2]["unit"], "m");
  EXPECT_EQ(parsed["data"][0],
            nlohmann::json::parse(R"(["ADP.2014-07-11T10:00:32.830",null,8.570499999999999E-7,8458])"));
  EXPECT_EQ(parsed["data"][1][1], "a<b & \"c\", d");
}

TEST_F(TapFormatTest, BinaryHasNullValuesAndBinary2HasFlags) {
  const std::string binary =
      body(query("SELECT TOP 2 access_estsize FROM ivoa.ObsCore ORDER BY dp_id", "votable/b"));
  EXPECT_THAT(binary, HasSubstr("<VALUES null=\"-9223372036854775808\"/>"));
  EXPECT_THAT(binary,
              HasSubstr("<BINARY>\n<STREAM encoding=\"base64\">\nAAAAAAAAIQqAAAAAAAAAAA==\n</STREAM>"));
  const std::string binary2 =
      body(query("SELECT TOP 2 access_estsize FROM ivoa.ObsCore ORDER BY dp_id", "votable/b2"));
  EXPECT_THAT(binary2, HasSubstr("\nAAAAAAAAACEKgIAAAAAAAAAA\n"));
}

TEST_F(TapFormatTest, FitsIsAWholeNumberOfBlocks) {
  const std::string fits = body(query(kMixed, "fits"));
  EXPECT_EQ(fits.size() % 2880, 0U);
  EXPECT_THAT(fits, HasSubstr("TFORM1  = '27A     '"));
  EXPECT_THAT(fits, HasSubstr("NAXIS2  =                    2"));
}

TEST_F(TapFormatTest, UnknownFormatsAndMissingParametersAreRefused) {
  EXPECT_THAT(body(query(kMixed, "parquet")),
              HasSubstr("Unknown value for the parameter &quot;format&quot;: &quot;parquet"));
  EXPECT_THAT(body(post("/sync", {{"REQUEST", "doQuery"}, {"LANG", "ADQL"}})),
              HasSubstr("The parameter &quot;query&quot; must be provided if request=doQuery!"));
  EXPECT_EQ(query(kMixed, "csv", {{"UPLOAD", "t,param:t"}}).status, 400);
  EXPECT_EQ(post("/sync", {{"LANG", "PQL"}, {"QUERY", kMixed}}).status, 400);
  EXPECT_EQ(get("/sync", {{"lang", "ADQL-2.0"}, {"query", kMixed}, {"runid", "x"}}).status, 200);
}

TEST_F(TapFormatTest, KnobsChangeStatusesAndMarks) {
  EXPECT_EQ(service_->handle_knobs(R"({"error_status": 200, "overflow": false})"), "");
  EXPECT_EQ(query("garbage").status, 200);
  EXPECT_THAT(body(query("SELECT dp_id FROM ivoa.ObsCore", "votable", {{"MAXREC", "2"}})),
              Not(HasSubstr("OVERFLOW")));
  EXPECT_NE(service_->handle_knobs(R"({"error_status": 500, "nonsense": 1})"), "");
  EXPECT_EQ(service_->knobs().error_status, 200);
}

TEST_F(TapFormatTest, ASlowQueryTimesOutAsTheArchiveDoes) {
  TapKnobs knobs;
  knobs.sync_limit = std::chrono::milliseconds(0);
  service_->set(knobs);
  const Answer late = query(kMixed);
  EXPECT_EQ(late.status, 200);
  EXPECT_THAT(body(late), HasSubstr("value=\"ERROR\">The request timed out</INFO>"));
  knobs.sync_timeout_as_502 = true;
  service_->set(knobs);
  EXPECT_EQ(query(kMixed).status, 502);
  EXPECT_EQ(header(query(kMixed), "Content-Type"), "text/html");
}

TEST_F(TapFormatTest, CatalogueNamesCanBeBare) {
  service_ = TapService::make(TapService::Kind::kCat, "http://x/tap_cat", holdings_);
  const std::string first = "SELECT TOP 1 table_name, datatype FROM TAP_SCHEMA.columns";
  EXPECT_EQ(rows(first), "safcat.SIMSURVEY_CAT_V1,CHAR");
  EXPECT_EQ(service_->handle_knobs(R"({"bare_names": true})"), "");
  EXPECT_EQ(rows(first), "SIMSURVEY_CAT_V1,CHAR");
  EXPECT_EQ(rows("SELECT count(*) FROM SIMSURVEY_CAT_V1"), "400");
  EXPECT_EQ(
      rows(
          "SELECT table_name FROM TAP_SCHEMA.tables WHERE schema_name='safcat' AND cat_id IN (SELECT "
          "t1.cat_id "
          "FROM TAP_SCHEMA.tables t1 LEFT JOIN TAP_SCHEMA.tables t2 ON (t1.title = t2.title AND t1.version < "
          "t2.version) WHERE t2.title IS NULL) ORDER BY table_name"),
      "SIMSURVEY_CAT_V2 SIMSURVEY_MPHOT_Ks_V2");
}

}  // namespace
}  // namespace esofs::sim
