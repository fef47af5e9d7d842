// browse/ over the fakes: which names are there, when the archive is asked, and what cannot be written.
#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kCone = "10.5_-20_0.1";
const std::string kConeQuery =
    "SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('ICRS', 10.5, -20, 0.1)) = 1";
const std::string kObjectQuery =
    "SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('ICRS', 11.888, -25.288, 0.05)) = 1";
const std::string kInstruments = "SELECT name FROM util.docurl WHERE type = 'instrument' ORDER BY name";

class BrowseTest : public FsFixture {
 protected:
  BrowseTest() {
    catalog_.put(kConeQuery, listing_);
    catalog_.put(kObjectQuery, listing_);
    catalog_.put_position("NGC 253", {11.888, -25.288, "NGC   253", "AGN", "Simbad: CDS"});
    auto instruments = std::make_shared<FakeListing>();
    instruments->name = "instruments";
    for (const char* name : {"MUSE", "FORS2 (UT1)"})
      instruments->listing_rows.push_back({client::Value{name}});
    catalog_.put(kInstruments, instruments);
    mount_eso();
  }
  void mount_eso(bool ssap = true, bool resolver = true) {
    auto own = config();
    own.browse.eso_tables = true;
    own.browse.ssap = ssap;
    own.browse.resolver = resolver;
    own.browse.templates_dir = temp_ / "browse";
    mount(own);
  }
  void write_template(const std::string& name, const std::string& text) {
    std::filesystem::create_directories(temp_ / "browse");
    std::ofstream(temp_ / ("browse/" + name)) << text;
  }
  bool absent(std::uint64_t parent, const std::string& name) {
    auto entry = lookup(parent, name);
    return entry && entry->ino == 0;
  }
};

TEST_F(BrowseTest, HasTheTemplatesThatTheArchiveCanAnswer) {
  EXPECT_THAT(list({"browse"}),
              ElementsAre("README.txt", ".templates", "collection", "cone", "night", "object", "programme"));
  EXPECT_THAT(list({"browse", "cone", kCone}), ElementsAre("phase3", "raw", "spectra"));
  mount_eso(false, false);
  EXPECT_THAT(list({"browse"}), Not(Contains("object")));
  EXPECT_THAT(list({"browse", "cone", kCone}), ElementsAre("phase3", "raw"));
  EXPECT_THAT(cat({"browse", ".templates", "cone.raw.adql"}), HasSubstr("{ra:ra}_{dec:dec}_{radius:radius}"));
}

TEST_F(BrowseTest, ALeafIsAQueryDirectoryThatAsksWhenItIsOpened) {
  const auto leaf = walk({"browse", "cone", kCone, "phase3"});
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_THAT(list({"browse", "cone", kCone, "phase3"}),
              ElementsAre("query.adql", "status.txt", "table", kId + ".fits", kOtherId + ".fits"));
  EXPECT_EQ(catalog_.asked(), 1);
  EXPECT_EQ(lookup(leaf, kId + ".fits")->ino, lookup(walk({"datasets", kId}), kId + ".fits")->ino);
  EXPECT_THAT(cat({"browse", "cone", kCone, "phase3", "query.adql"}), HasSubstr(kConeQuery));
  EXPECT_THAT(cat({"browse", "cone", kCone, "phase3", "status.txt"}), HasSubstr("phase: COMPLETED"));
}

TEST_F(BrowseTest, NamesThatToolsTryAreAbsentWithoutAQuestion) {
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

TEST_F(BrowseTest, ListsWhatWasOpenedLately) {
  EXPECT_THAT(list({"browse", "cone"}), IsEmpty());
  (void)walk({"browse", "cone", "1_2_3", "phase3"});  // looked up only
  EXPECT_THAT(list({"browse", "cone"}), IsEmpty());
  (void)list({"browse", "cone", kCone, "phase3"});
  EXPECT_THAT(list({"browse", "cone"}), ElementsAre(kCone));
}

TEST_F(BrowseTest, AnObjectIsResolvedWhenItsDirectoryIsOpened) {
  (void)walk({"browse", "object", "NGC_253", "phase3"});
  EXPECT_THAT(cat({"browse", "object", "NGC_253", "phase3", "status.txt"}), HasSubstr("NOT RUN YET"));
  EXPECT_EQ(catalog_.asked(), 0);
  EXPECT_THAT(list({"browse", "object", "NGC_253", "phase3"}), Contains(kId + ".fits"));
  EXPECT_EQ(catalog_.asked(), 2);  // the resolver and the query
  const auto text = cat({"browse", "object", "NGC_253", "phase3", "query.adql"});
  EXPECT_THAT(text, HasSubstr("-- the position of NGC 253 is 11.888 -25.288, says Simbad  CDS\n"));
  EXPECT_THAT(text, HasSubstr(kObjectQuery));
  EXPECT_THAT(list({"browse", "object"}), ElementsAre("NGC_253"));
}

TEST_F(BrowseTest, AnObjectThatNobodyKnowsIsEnoentWhereItIsOpened) {
  EXPECT_EQ(opendir(walk({"browse", "object", "Nonsense"})).error().code(), ENOENT);
  EXPECT_EQ(opendir(walk({"browse", "object", "Nonsense", "raw"})).error().code(), ENOENT);
  EXPECT_THAT(list({"browse", "object"}), IsEmpty());
}

TEST_F(BrowseTest, ALookupBelowAnUnresolvedObjectWaitsNoLongerThanItMay) {
  const auto leaf = walk({"browse", "object", "NGC_253", "phase3"});
  catalog_.hold();
  std::optional<Result<fs::Entry>> answer;
  fs_->lookup(leaf, kId + ".fits", [&](Result<fs::Entry> entry) { answer = std::move(entry); });
  EXPECT_FALSE(answer);
  timer_.pass(config().lookup_wait);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EAGAIN);
}

TEST_F(BrowseTest, WhoWaitsForTheQueryOfAnObjectCanLeave) {
  const auto leaf = walk({"browse", "object", "NGC_253", "phase3"});
  catalog_.hold();
  std::optional<Result<fs::Entry>> looked;
  std::optional<Result<fs::Opened>> opened;
  const Cancel lookup = fs_->lookup(leaf, kId + ".fits", [&](Result<fs::Entry> r) { looked = std::move(r); });
  const Cancel opendir = fs_->opendir(leaf, [&](Result<fs::Opened> r) { opened = std::move(r); });
  catalog_.release_once();  // the resolver has answered
  ASSERT_EQ(catalog_.waiting(), 2U);
  lookup();
  opendir();
  ASSERT_TRUE(looked);
  EXPECT_EQ(looked->error().code(), EINTR);
  ASSERT_TRUE(opened);
  EXPECT_EQ(opened->error().code(), EINTR);
}

TEST_F(BrowseTest, ValuesThatTheArchiveListsAreShownInPlainLettersAndMeanWhatTheArchiveWrites) {
  EXPECT_THAT(list({"browse", "night"}), ElementsAre("FORS2__UT1_", "MUSE"));
  EXPECT_EQ(catalog_.asked(), 1);
  EXPECT_THAT(cat({"browse", "night", "FORS2__UT1_", "2024-01-01", "query.adql"}),
              HasSubstr("instrument = 'FORS2 (UT1)'"));
  EXPECT_EQ(lookup(walk({"browse", "night", "FORS2 (UT1)"}), "2024-01-01")->ino != 0, true);
}

TEST_F(BrowseTest, AListThatCannotBeHadIsAFailureAndNoEmptyDirectory) {
  catalog_.fail(kInstruments, Error(ETIMEDOUT, "no answer"));
  EXPECT_EQ(opendir(walk({"browse", "night"})).error().code(), ETIMEDOUT);
  EXPECT_NE(walk({"browse", "night", "MUSE", "2024-01-01"}), 0U);
}

TEST_F(BrowseTest, NothingInItCanBeWrittenButATouchAsksAnew) {
  const auto leaf = walk({"browse", "cone", kCone, "phase3"});
  (void)list({"browse", "cone", kCone, "phase3"});
  const auto query = lookup(leaf, "query.adql")->ino;
  EXPECT_EQ(open(query, O_WRONLY).error().code(), EROFS);
  EXPECT_EQ(open(query, O_WRONLY | O_TRUNC).error().code(), EROFS);
  EXPECT_EQ(fs_->unlink(leaf, "query.adql").error().code(), EROFS);
  EXPECT_EQ(fs_->mkdir(leaf, "new").error().code(), EROFS);
  EXPECT_EQ(fs_->unlink(lookup(leaf, "table")->ino, "result.vot").error().code(), EROFS);
  EXPECT_EQ(catalog_.refreshes(), 0);
  fs::Change touch;
  touch.mtime_now = true;
  EXPECT_TRUE(fs_->setattr(query, touch));
  EXPECT_EQ(catalog_.refreshes(), 1);
  fs::Change cut;
  cut.size = 0;
  EXPECT_FALSE(fs_->setattr(query, cut));
}

TEST_F(BrowseTest, TemplatesOfTheUserAreTakenUpAndBadOnesAreToldOf) {
  write_template("target.adql", "-- By name\nSELECT * FROM t WHERE n = {name:text}\n");
  write_template("bad.adql", "SELECT {a:dg}\n");
  write_template("cone.own.adql", "-- path: {ra:ra}\nSELECT {ra}\n");
  EXPECT_THAT(list({"browse"}), Contains("target"));
  EXPECT_THAT(list({"browse"}), Not(Contains("bad")));
  EXPECT_THAT(list({"browse", "cone", kCone}), ElementsAre("phase3", "raw", "spectra"));
  const auto readme = cat({"browse", "README.txt"});
  EXPECT_THAT(readme, HasSubstr("target/<name>/"));
  EXPECT_THAT(readme, HasSubstr("template bad.adql, line 1: {a:dg}: no type 'dg'; did you mean 'deg'?"));
  EXPECT_THAT(readme, HasSubstr("template cone.own.adql: its path differs"));
  EXPECT_THAT(cat({".esofs", "errors"}), HasSubstr("bad.adql"));
  EXPECT_THAT(cat({".esofs", "status.json"}), HasSubstr("bad.adql"));
  EXPECT_THAT(cat({"browse", "target", "it's", "query.adql"}), HasSubstr("n = 'it''s'"));
  std::filesystem::remove(temp_ / "browse/target.adql");
  EXPECT_THAT(list({"browse"}), Not(Contains("target")));
}

TEST_F(BrowseTest, ATemplateOfTheUserReplacesTheOneOfItsName) {
  write_template("cone.raw.adql",
                 "-- maxrec: 5\n-- path: {ra:ra}_{dec:dec}_{radius:radius}\nSELECT {ra}, {dec}, {radius}\n");
  EXPECT_THAT(cat({"browse", "cone", "1_2_3", "raw", "query.adql"}), HasSubstr("SELECT 1, 2, 3"));
  write_template("cone.adql", "-- path: {ra:ra}\nSELECT {ra}\n");
  EXPECT_THAT(cat({"browse", "cone", "1", "query.adql"}), HasSubstr("SELECT 1"));
  EXPECT_THAT(cat({"browse", "README.txt"}),
              HasSubstr("template cone.raw.adql: browse/cone/ is made by cone.adql"));
}

}  // namespace
}  // namespace esofs::tests
