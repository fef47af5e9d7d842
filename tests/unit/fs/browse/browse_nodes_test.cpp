// browse/: which names there are, and when the archive is asked.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "tests/unit/fs/browse/browse_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class BrowseNodesTest : public BrowseFixture {};

TEST_F(BrowseNodesTest, HasTheTemplatesThatTheArchiveCanAnswer) {
  EXPECT_THAT(list({"browse"}),
              ElementsAre("README.txt", ".templates", "collection", "cone", "night", "object", "programme"));
  EXPECT_THAT(list({"browse", "cone", kCone}), ElementsAre("phase3", "raw", "spectra"));
  mount_eso(false, false);
  EXPECT_THAT(list({"browse"}), Not(Contains("object")));
  EXPECT_THAT(list({"browse", "cone", kCone}), ElementsAre("phase3", "raw"));
  EXPECT_THAT(cat({"browse", ".templates", "cone.raw.adql"}), HasSubstr("{ra:ra}_{dec:dec}_{radius:radius}"));
}

TEST_F(BrowseNodesTest, NamesThatToolsTryAreAbsentWithoutARequest) {
  for (const std::vector<std::string>& path : {std::vector<std::string>{"browse"},
                                               {"browse", "cone"},
                                               {"browse", "object"},
                                               {"browse", "programme"},
                                               {"browse", "night"},
                                               {"browse", "night", "MUSE"},
                                               {"browse", "collection"},
                                               {"browse", "cone", kCone}}) {
    const auto parent = walk(path);
    for (const char* name : {"X.fits", "X.fits.Z", "X.fits[1]", "@X", "login.cl", "uparmx.par", ".git"})
      EXPECT_TRUE(absent(parent, name)) << path.back() << "/" << name;
  }
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(BrowseNodesTest, AnInstrumentSaysWhichNightsHaveData) {
  EXPECT_THAT(list({"browse", "night", "MUSE"}), ElementsAre("README.txt"));
  const std::string nights =
      "SELECT TOP 5000 exp_start FROM dbo.raw WHERE instrument = 'MUSE' ORDER BY exp_start DESC";
  EXPECT_THAT(cat({"browse", "night", "MUSE", "README.txt"}),
              HasSubstr("Which nights have data is not known:"));
  auto times = std::make_shared<FakeListing>();
  times->name = "times";
  for (const char* time : {"2018-06-05T01:00:00.123", "2018-06-04T13:00:00Z", "2017-01-01T11:59:59"})
    times->listing_rows.push_back({client::Value{std::string(time)}});
  catalog_.put(nights, times);
  const auto said = cat({"browse", "night", "MUSE", "README.txt"});
  EXPECT_THAT(said, HasSubstr("A name here is <night>, such as "));
  EXPECT_THAT(said, HasSubstr("All nights that have data, the latest first:\n\n    2018-06-04 2016-12-31\n"));
}

TEST_F(BrowseNodesTest, ANameThatIsNoArgumentHasASentence) {
  const auto told = [this](const std::vector<std::string>& path, const std::string& name) {
    const auto parent = walk(path);
    EXPECT_TRUE(absent(parent, name)) << name;
    auto value = fs_->getxattr(parent, "user.esofs.error");
    return value ? *value : "nothing";
  };
  EXPECT_THAT(told({"browse", "cone"}, "10_20_5min"), HasSubstr("did you mean 5arcmin?"));
  EXPECT_THAT(told({"browse", "cone"}, "10_95_5arcmin"), HasSubstr("'95' is no declination"));
  EXPECT_THAT(told({"browse", "cone"}, "10,20,5arcmin"),
              HasSubstr("is not of the form <ra>_<dec>_<radius>, such as 10.5_-20.1_5arcmin"));
  EXPECT_THAT(told({"browse", "night", "MUSE"}, "20180604"), HasSubstr("did you mean 2018-06-04?"));
  EXPECT_THAT(told({"browse", "programme"}, "195B"), HasSubstr("'195B' is no programme"));
  EXPECT_THAT(told({"browse", "cone", kCone}, "phase4"), HasSubstr("did you mean phase3?"));
  EXPECT_THAT(told({"browse"}, "nights"), HasSubstr("did you mean night?"));
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(BrowseNodesTest, OnlyPartsWithInstrumentsAreSaidToHaveThem) {
  EXPECT_THAT(
      cat({"browse", "README.txt"}),
      HasSubstr("below it phase3/NAME/ and raw/NAME/ are the parts of one instrument, such as phase3/UVES/"));
  const auto spectra = walk({"browse", "cone", kCone, "spectra"});
  std::optional<std::string> why;
  (void)fs_->why(spectra, "UVES", [&](Result<std::string> told) { why = *told; });
  EXPECT_THAT(why.value_or(""), HasSubstr("did you mean ../phase3/UVES/?"));
}

TEST_F(BrowseNodesTest, ATemplateThatCannotBeUsedSaysWhy) {
  write_template("mine.adql", "SELECT * FROM ivoa.ObsCore WHERE instrument_name = '{instrument}'");
  const auto browse = walk({"browse"});
  EXPECT_TRUE(absent(browse, "mine"));
  EXPECT_THAT(*fs_->getxattr(browse, "user.esofs.error"), HasSubstr("mine: template mine.adql, line 1: "));
}

TEST_F(BrowseNodesTest, AMistypedRadiusIsNoPartOfAnObject) {
  const auto opened = opendir(walk({"browse", "object", "NGC_254_5min", "phase3"}));
  ASSERT_FALSE(opened);
  EXPECT_THAT(opened.error().what(), HasSubstr("'5min' is no radius"));
  EXPECT_THAT(opendir(walk({"browse", "object", "NGC_254", "phase3"})).error().what(),
              Not(HasSubstr("radius")));
}

TEST_F(BrowseNodesTest, ListsWhatWasOpenedLately) {
  EXPECT_THAT(list({"browse", "cone"}), IsEmpty());
  (void)walk({"browse", "cone", "1_2_3", "phase3"});  // looked up only
  EXPECT_THAT(list({"browse", "cone"}), IsEmpty());
  (void)list({"browse", "cone", kCone, "phase3"});
  EXPECT_THAT(list({"browse", "cone"}), ElementsAre(kCone));
}

}  // namespace
}  // namespace esofs::tests
