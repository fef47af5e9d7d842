// Arguments that the archive does not have: an instrument, a collection, a programme.
#include <gmock/gmock.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/fs/browse/browse_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

class BrowseExistingTest : public BrowseFixture {
 protected:
  void put_values(const std::string& adql, const std::vector<std::string>& values) {
    auto listing = std::make_shared<FakeListing>();
    listing->name = "values of " + adql;
    for (const auto& value : values) listing->listing_rows.push_back({client::Value{value}});
    catalog_.put(adql, listing);
  }
  void put_empty(const std::string& adql) { put_values(adql, {}); }
  // The errno of opening a directory, with its sentence; "opened".
  std::string refusal(const std::vector<std::string>& path) {
    const auto opened = opendir(walk(path));
    if (opened) return "opened";
    EXPECT_EQ(opened.error().code(), ENOENT);
    return opened.error().what();
  }
};

TEST_F(BrowseExistingTest, AnUnknownInstrumentIsEnoentWithTheNearest) {
  put_empty(
      "SELECT * FROM dbo.raw WHERE instrument = 'MUSES'\n"
      "  AND exp_start >= '2018-06-04T12:00:00' AND exp_start < '2018-06-05T12:00:00'");
  EXPECT_EQ(refusal({"browse", "night", "MUSES", "2018-06-04"}),
            "/browse/night/MUSES/2018-06-04: the archive lists no instrument 'MUSES'; the nearest: MUSE");
  EXPECT_THAT(refusal({"browse", "night", "MUSES"}), HasSubstr("no instrument 'MUSES'; the nearest: MUSE"));
  EXPECT_THAT(refusal({"browse", "night", "Zzzz"}),
              HasSubstr("no instrument 'Zzzz'; it lists FORS2__UT1_, MUSE"));
}

TEST_F(BrowseExistingTest, ANightWithoutFramesOfAKnownInstrumentIsEmpty) {
  put_empty(
      "SELECT * FROM dbo.raw WHERE instrument = 'MUSE'\n"
      "  AND exp_start >= '2018-06-04T12:00:00' AND exp_start < '2018-06-05T12:00:00'");
  EXPECT_EQ(refusal({"browse", "night", "MUSE"}), "opened");
  EXPECT_EQ(refusal({"browse", "night", "MUSE", "2018-06-04"}), "opened");
}

TEST_F(BrowseExistingTest, AnAnswerWithRowsAsksForNoValues) {
  catalog_.put(
      "SELECT * FROM dbo.raw WHERE instrument = 'OLD'\n"
      "  AND exp_start >= '2018-06-04T12:00:00' AND exp_start < '2018-06-05T12:00:00'",
      listing_);
  EXPECT_EQ(refusal({"browse", "night", "OLD", "2018-06-04"}), "opened");
  EXPECT_EQ(catalog_.asked(), 1);
  EXPECT_EQ(refusal({"browse", "night", "OLD"}), "opened") << "it was opened below";
}

TEST_F(BrowseExistingTest, WithoutTheValuesAnEmptyAnswerIsEmpty) {
  put_empty(
      "SELECT * FROM dbo.raw WHERE instrument = 'MUSES'\n"
      "  AND exp_start >= '2018-06-04T12:00:00' AND exp_start < '2018-06-05T12:00:00'");
  catalog_.fail(kInstruments, Error(ETIMEDOUT, "no answer"));
  EXPECT_EQ(refusal({"browse", "night", "MUSES", "2018-06-04"}), "opened");
}

TEST_F(BrowseExistingTest, AnUnknownCollectionIsEnoentWithTheNearest) {
  put_empty("SELECT * FROM ivoa.ObsCore WHERE obs_collection = 'HARPZ'");
  put_values("SELECT name FROM util.collections ORDER BY name", {"HARPS", "UVES", "KiDS"});
  EXPECT_THAT(refusal({"browse", "collection", "HARPZ"}),
              HasSubstr("no collection 'HARPZ'; the nearest: HARPS"));
}

TEST_F(BrowseExistingTest, AnUnknownProgrammeIsEnoentWithTheNearest) {
  put_empty("SELECT * FROM dbo.raw WHERE prog_id LIKE '195.B-0238(A)%'");
  put_empty("SELECT * FROM dbo.raw WHERE prog_id LIKE '195.B-0283(A)%'");
  const std::string near = "SELECT DISTINCT prog_id FROM dbo.raw WHERE prog_id LIKE '195.B-%'";
  put_values(near, {"195.B-0283(A)", "195.B-0283(B)", "195.B-0999(A)"});
  EXPECT_THAT(refusal({"browse", "programme", "195.B-0238.A", "raw"}),
              HasSubstr("no programme '195.B-0238(A)'; the nearest: 195.B-0283.A"));
  EXPECT_EQ(refusal({"browse", "programme", "195.B-0283.A", "raw"}), "opened") << "of no rows, but it exists";
  put_empty("SELECT * FROM dbo.raw WHERE prog_id LIKE '999.B-0283%'");
  put_empty("SELECT DISTINCT prog_id FROM dbo.raw WHERE prog_id LIKE '999.B-%'");
  EXPECT_THAT(refusal({"browse", "programme", "999.B-0283", "raw"}), HasSubstr("no programme '999.B-0283'"));
}

TEST_F(BrowseExistingTest, ANightWithoutAnInstrumentIsThatOfAll) {
  const std::string all =
      "SELECT * FROM dbo.raw WHERE exp_start >= '2018-06-04T12:00:00' AND exp_start < '2018-06-05T12:00:00'";
  catalog_.put(all, listing_);
  EXPECT_THAT(list({"browse", "night", "2018-06-04"}), Contains(kId + ".fits"));
  EXPECT_EQ(catalog_.asked(), 1);
  EXPECT_THAT(cat({"browse", "night", "2018-06-04", "query.adql"}), HasSubstr(all));
  EXPECT_THAT(list({"browse", "night"}), Contains("2018-06-04")) << "it was opened lately";
  EXPECT_THAT(list({"browse", "night"}), Contains("MUSE"));
  EXPECT_THAT(cat({"browse", "README.txt"}),
              HasSubstr("night/<night>/\n    the same for every instrument\n"));
  EXPECT_TRUE(absent(walk({"browse", "night", "2018-06-04"}), "2018-06-04"));
}

}  // namespace
}  // namespace esofs::tests
