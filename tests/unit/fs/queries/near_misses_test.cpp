// What status.txt says of a query that found nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kNames =
    "SELECT DISTINCT TOP 50 target_name FROM ivoa.ObsCore WHERE target_name LIKE 'NGC%253' "
    "OR target_name LIKE 'ngc%253' OR target_name LIKE 'Ngc%253'";

class NearMissesTest : public FsFixture {
 protected:
  // An answer with one column of these values.
  static std::shared_ptr<FakeListing> column(const std::vector<client::Value>& values,
                                             const std::string& id = "near") {
    auto listing = std::make_shared<FakeListing>();
    listing->name = id;
    listing->listing_columns.emplace_back();
    listing->listing_columns.back().name = "value";
    for (const auto& value : values) listing->listing_rows.push_back({value});
    return listing;
  }
  std::string status_of(const std::string& adql) {
    save("q", adql);
    (void)opendir(walk({"queries", "q"}));
    return cat({"queries", "q", "status.txt"});
  }
};

TEST_F(NearMissesTest, OtherSpellingsOfANameAreNamed) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE target_name = 'NGC 253'";
  catalog_.put(query, column({}, "none"));
  catalog_.put(kNames, column({client::Value{std::string("NGC-253")}, client::Value{std::string("NGC 2530")},
                               client::Value{std::string("NGC253  ")}}));
  const auto status = status_of(query);
  EXPECT_THAT(status, HasSubstr("near: no target_name is 'NGC 253', but there is 'NGC-253', 'NGC253'\n"));
  EXPECT_THAT(status, Not(HasSubstr("2530")));
  EXPECT_THAT(status, Not(HasSubstr("without the last condition"))) << "there is only one";
  EXPECT_EQ(catalog_.asked(), 2);
}

TEST_F(NearMissesTest, OfAMisspeltInstrumentTheNearestAreNamed) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE instrument_name = 'UVESS'";
  catalog_.put(query, column({}, "none"));
  catalog_.put("SELECT DISTINCT TOP 1000 instrument_name FROM ivoa.ObsCore",
               column({client::Value{std::string("HAWKI")}, client::Value{std::string("UVES")}}));
  EXPECT_THAT(status_of(query), HasSubstr("near: no instrument_name is 'UVESS'; the nearest: 'UVES'\n"));
}

TEST_F(NearMissesTest, IfNoneIsNearAllOfAFewAreNamed) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE instrument_name = 'telescope'";
  catalog_.put(query, column({}, "none"));
  catalog_.put("SELECT DISTINCT TOP 1000 instrument_name FROM ivoa.ObsCore",
               column({client::Value{std::string("HAWKI")}, client::Value{std::string("UVES")}}));
  EXPECT_THAT(status_of(query),
              HasSubstr("near: no instrument_name is 'telescope', but one of 'HAWKI', 'UVES'\n"));
}

TEST_F(NearMissesTest, ESOsNamesOfInstrumentsComeFromItsOwnTable) {
  auto eso = config();
  eso.browse.eso_tables = true;
  mount(eso);
  const std::string query = "SELECT * FROM dbo.raw WHERE instrument = 'AMBER' AND dp_id = 'X1'";
  catalog_.put(query, column({}, "none"));
  catalog_.put("SELECT name FROM util.docurl WHERE type = 'instrument' ORDER BY name",
               column({client::Value{std::string("AMBER")}}));
  EXPECT_THAT(status_of(query),
              HasSubstr("near: instrument 'AMBER' exists; another condition leaves no row\n"));
}

TEST_F(NearMissesTest, OfAMisspeltWordTheNearestAreNamed) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE target_name = 'Betelguese'";
  catalog_.put(query, column({}, "none"));
  catalog_.put(
      "SELECT DISTINCT TOP 50 target_name FROM ivoa.ObsCore WHERE target_name LIKE 'Betelguese' OR "
      "target_name LIKE 'BETELGUESE' OR target_name LIKE 'betelguese' OR target_name LIKE 'Betel%' OR "
      "target_name LIKE 'BETEL%'",
      column({client::Value{std::string("Betelgeuse")}}));
  EXPECT_THAT(status_of(query),
              HasSubstr("near: no target_name is 'Betelguese'; the nearest: 'Betelgeuse'\n"));
}

TEST_F(NearMissesTest, AQueryWithoutAnIdIsToldToSelectIt) {
  const std::string query = "SELECT target_name FROM ivoa.ObsCore";
  auto answer = column({client::Value{std::string("NGC253")}}, "unnamed");
  answer->names_ids = false;
  catalog_.put(query, answer);
  EXPECT_THAT(status_of(query), HasSubstr("add obs_publisher_did and access_url to the SELECT\n"));
  const std::string counted = "SELECT COUNT(*) AS n FROM ivoa.ObsCore";
  catalog_.put(counted, answer);
  EXPECT_THAT(status_of(counted), Not(HasSubstr("to the SELECT")));
}

TEST_F(NearMissesTest, RowsWithoutTheLastConditionAreCounted) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE snr > 10 AND calib_level = 7";
  catalog_.put(query, column({}, "none"));
  catalog_.put("SELECT COUNT(*) AS n FROM ivoa.ObsCore WHERE snr > 10",
               column({client::Value{std::int64_t{42}}}));
  EXPECT_THAT(status_of(query), HasSubstr("near: 42 rows without the last condition, calib_level = 7\n"));
}

TEST_F(NearMissesTest, AnAnswerWithRowsAsksNothingMore) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE target_name = 'NGC 253'";
  catalog_.put(query, listing_);
  EXPECT_THAT(status_of(query), Not(HasSubstr("near:")));
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(NearMissesTest, AFailureOfTheSmallQueriesIsSilent) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE target_name = 'NGC 253' AND snr > 3";
  catalog_.put(query, column({}, "none"));
  const auto status = status_of(query);
  EXPECT_THAT(status, HasSubstr("rows: 0\n"));
  EXPECT_THAT(status, Not(HasSubstr("near:")));
  EXPECT_THAT(status, Not(HasSubstr("error")));
  EXPECT_EQ(catalog_.asked(), 3);
}

TEST_F(NearMissesTest, TheListingDoesNotWaitForThem) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE target_name = 'NGC 253'";
  catalog_.put(query, column({}, "none"));
  catalog_.put(kNames, column({client::Value{std::string("NGC253")}}));
  save("q", query);
  catalog_.hold();
  std::optional<Result<fs::Opened>> answer;
  (void)fs_->opendir(walk({"queries", "q"}), [&](Result<fs::Opened> opened) { answer = std::move(opened); });
  catalog_.release_once();
  EXPECT_TRUE(answer && *answer);
  EXPECT_EQ(catalog_.waiting(), 1U);
}

TEST_F(NearMissesTest, OfAnUnknownColumnTheNearestAreNamed) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE targetname = 'NGC253'";
  catalog_.fail(query, Error(EINVAL, "Unknown column \"targetname\""));
  auto columns = column({}, "columns");
  columns->listing_columns.front().name = "target_name";
  catalog_.put("SELECT TOP 1 * FROM ivoa.ObsCore", columns);
  EXPECT_THAT(status_of(query), HasSubstr("near: the columns nearest to targetname: target_name\n"));
}

TEST_F(NearMissesTest, WhileTheyAreAskedTheHintNamesTheCommandThatWaits) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE targetname = 'NGC253'";
  catalog_.fail(query, Error(EINVAL, "Unknown column \"targetname\""));
  catalog_.put("SELECT TOP 1 * FROM ivoa.ObsCore", column({}, "columns"));
  save("q", query);
  const auto folder = walk({"queries", "q"});
  catalog_.hold();
  std::optional<Result<fs::Opened>> opened;
  (void)fs_->opendir(folder, [&](Result<fs::Opened> answer) { opened = std::move(answer); });
  catalog_.release_once();
  EXPECT_TRUE(opened && !*opened);
  EXPECT_THAT(cat({"queries", "q", "status.txt"}), HasSubstr("run `esofs why` with this directory"));
  EXPECT_THAT(*fs_->getxattr(folder, "user.esofs.near"), HasSubstr("still being asked"));
  catalog_.release();
  EXPECT_THAT(cat({"queries", "q", "status.txt"}), Not(HasSubstr("run `esofs why`")));
}

TEST_F(NearMissesTest, AnIdOfAnotherNameIsToldToKeepIts) {
  const std::string query = "SELECT o.obs_publisher_did AS id FROM ivoa.ObsCore AS o";
  auto answer = column({client::Value{std::string("NGC253")}}, "unnamed");
  answer->names_ids = false;
  catalog_.put(query, answer);
  EXPECT_THAT(status_of(query), HasSubstr("has obs_publisher_did under another name"));
}

TEST_F(NearMissesTest, ATextWithoutQuotesIsExplained) {
  const std::string query = "SELECT * FROM ivoa.ObsCore WHERE target_name = NGC253";
  catalog_.fail(query, Error(EINVAL, "Unknown column \"NGC253\""));
  EXPECT_THAT(status_of(query), HasSubstr("near: if NGC253 is a text, it goes in single quotes: 'NGC253'\n"));
}

}  // namespace
}  // namespace esofs::tests
