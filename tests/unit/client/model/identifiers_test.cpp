#include "client/model/identifiers.h"

#include <gtest/gtest.h>

namespace esofs::client {
namespace {

class EsoIdentifiersTest : public ::testing::Test {
 protected:
  Identifiers ids_{eso_profile()};
};

TEST_F(EsoIdentifiersTest, TheArchivesIdentifiersAreValid) {
  for (const char* id :
       {"ADP.2018-06-21T20:32:57.736", "MUSE.2018-06-05T01:06:59.418", "FORS2.2021-01-02T00:59:12.533",
        "SINFO.2013-08-27T01:05:24.3279", "UVES.2000-05-01T00:00:00", "ALPACA.2024-01-01T06:23:08.420",
        "M.MUSE.2018-06-11T08:52:34.073", "MUSE.2018-06-05T01:06:59.418.NL", "E-095.F-9802A.2015JUL15.TAR"})
    EXPECT_TRUE(ids_.valid(id)) << id;
}

TEST_F(EsoIdentifiersTest, NamesThatToolsTryAreNot) {
  for (const char* name : {"",
                           ".",
                           "..",
                           "ADP.2018-06-21T20:32:57.736.fits",
                           "ADP.2018-06-21T20:32:57.736.fits.fits",
                           "ADP.2018-06-21T20:32:57.736.imh",
                           "ADP.2018-06-21T20:32:57.736[1]",
                           "ADP.2018-06-21T20:32:57.736,1",
                           "@ADP.2018-06-21T20:32:57.736",
                           "xADP.2018-06-21T20:32:57.736",
                           "ADP.2018-06-21T20:32:57.736 ",
                           "ADP.2018-06-21T20:32:57.736\n",
                           "adp.2018-06-21T20:32:57.736",
                           "ADP.2018-06-21",
                           "NAXIS1",
                           "login.cl",
                           ".git",
                           ".Trash-1000",
                           "ADP.NL",
                           "M.2018-06-11T08:52:34.073.x",
                           "ADP.2018-06-21T20:32:57.736.NL.NL"})
    EXPECT_FALSE(ids_.valid(name)) << name;
  EXPECT_FALSE(ids_.valid(std::string(100'000, 'A')));
}

TEST_F(EsoIdentifiersTest, ThePortableFormIsTheSameIdentifier) {
  EXPECT_TRUE(ids_.valid("ADP.2018-06-21T20_32_57.736"));
  EXPECT_EQ(ids_.dataset("ADP.2018-06-21T20_32_57.736").id, "ADP.2018-06-21T20:32:57.736");
  EXPECT_EQ(Identifiers::canonical("M.AB_C.2018-06-21T20_32_57.736"), "M.AB_C.2018-06-21T20:32:57.736");
  EXPECT_EQ(Identifiers::canonical("T"), "T");
}

TEST_F(EsoIdentifiersTest, RawFramesAreToldFromProducts) {
  EXPECT_TRUE(ids_.raw("MUSE.2018-06-05T01:06:59.418"));
  EXPECT_TRUE(ids_.raw("MUSE.2018-06-05T01_06_59.418"));
  EXPECT_FALSE(ids_.raw("ADP.2018-06-21T20:32:57.736"));
  EXPECT_FALSE(ids_.raw("M.MUSE.2018-06-11T08:52:34.073"));
  EXPECT_FALSE(ids_.raw("MUSE.2018-06-05T01:06:59.418.NL"));
}

TEST_F(EsoIdentifiersTest, ADatasetHasItsDataLinkAndAnAttachmentItsFile) {
  const auto cube = ids_.dataset("ADP.2018-06-21T20:32:57.736");
  EXPECT_EQ(cube.access_url,
            "https://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736");
  EXPECT_EQ(cube.access, AccessKind::kDataLink);
  EXPECT_EQ(cube.extension, ".fits");
  const auto log = ids_.dataset("MUSE.2018-06-05T01:06:59.418.NL");
  EXPECT_EQ(log.access_url, "https://dataportal.eso.org/dataPortal/file/MUSE.2018-06-05T01:06:59.418.NL");
  EXPECT_EQ(log.access, AccessKind::kFile);
  EXPECT_EQ(log.extension, ".txt");
  EXPECT_EQ(ids_.dataset("E-095.F-9802A.2015JUL15.TAR").extension, "");
}

TEST_F(EsoIdentifiersTest, TheFileOfADataLinkIsProbablyThatOfThePattern) {
  const Dataset product = ids_.dataset("ADP.2018-06-21T20:32:57.736");
  EXPECT_EQ(ids_.likely_url(product),
            "https://dataportal.eso.org/dataPortal/file/ADP.2018-06-21T20:32:57.736");
  Dataset other = product;
  other.access_url = "https://elsewhere/links?ID=1";
  EXPECT_EQ(ids_.likely_url(other), "") << "somebody else's DataLink";
  other = product;
  other.access = AccessKind::kFile;
  EXPECT_EQ(ids_.likely_url(other), "") << "nothing is to be found out";
}

TEST_F(EsoIdentifiersTest, UrlsAreToldApartByTheirBeginnings) {
  EXPECT_EQ(ids_.kind_of_url("http://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?X"),
            AccessKind::kDataLink);
  EXPECT_EQ(ids_.kind_of_url("https://dataportal.eso.org/dataPortal/file/X"), AccessKind::kFile);
  EXPECT_EQ(ids_.kind_of_url("https://elsewhere.org/dataPortal/file/X"), AccessKind::kUnknown);
}

TEST_F(EsoIdentifiersTest, TheUrlsThatLeadToTheFileOfAnIdAreOne) {
  auto dataset = ids_.dataset("ADP.2018-06-21T20:32:57.736");
  const auto links = dataset.access_url;
  EXPECT_EQ(ids_.canonical_url(dataset), links);
  for (const char* url :
       {"http://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.2018-06-21T20:32:57.736",
        "https://dataportal.eso.org/dataPortal/file/ADP.2018-06-21T20:32:57.736"}) {
    dataset.access_url = url;
    EXPECT_EQ(ids_.canonical_url(dataset), links) << url;
  }
  for (const char* other : {"https://dataportal.eso.org/dataPortal/file/ADP.2018-06-21T20:32:57.737",
                            "https://elsewhere.org/dataPortal/file/ADP.2018-06-21T20:32:57.736", ""}) {
    dataset.access_url = other;
    EXPECT_EQ(ids_.canonical_url(dataset), other);
  }
}

TEST_F(EsoIdentifiersTest, AUrlTellsWhoseFileOrLinksItIs) {
  const std::string id = "ADP.2018-06-21T20:32:57.736";
  const auto file = ids_.known_url("http://dataportal.eso.org/dataPortal/file/" + id);
  EXPECT_EQ(file.kind, AccessKind::kFile);
  EXPECT_EQ(file.id, id);
  EXPECT_EQ(file.rest, "");
  const auto list = ids_.known_url("https://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?" + id +
                                   "&EXCLUDE=ALL&INCLUDE=progenitor");
  EXPECT_EQ(list.kind, AccessKind::kDataLink);
  EXPECT_EQ(list.id, id);
  EXPECT_EQ(list.rest, "&EXCLUDE=ALL&INCLUDE=progenitor");
  EXPECT_EQ(ids_.known_url("https://dataportal.eso.org/dataPortal/file/ADP.2018-06-21T20%3A32%3A57.736").id,
            id);
  EXPECT_EQ(ids_.known_url("https://dataportal.eso.org/dataPortal/file/../../etc/passwd").id, "");
  for (const char* url :
       {"https://evil.org/dataPortal/file/ADP.2018-06-21T20:32:57.736", "file:///etc/passwd", "", "x"})
    EXPECT_EQ(ids_.known_url(url).kind, AccessKind::kUnknown) << url;
}

TEST(IdentifiersTest, AnArchiveWithoutPatternsKnowsNoIdByItsForm) {
  Profile profile;
  profile.tap.push_back({"tap", "http://a/tap", {}, 0});
  const Identifiers ids(profile);
  EXPECT_FALSE(ids.valid("ivo://a/b?c"));
  const auto dataset = ids.dataset("ivo://a/b?c");
  EXPECT_EQ(dataset.id, "ivo://a/b?c");
  EXPECT_EQ(dataset.access_url, "");
  EXPECT_EQ(dataset.access, AccessKind::kUnknown);
}

TEST(IdentifiersTest, PatternsThatAcceptAnyNameTellNoIdByItsForm) {
  Profile profile;
  profile.ids = {".*"};
  EXPECT_FALSE(Identifiers(profile).known_by_form());
  profile.ids = {"ADP.*"};
  EXPECT_TRUE(Identifiers(profile).known_by_form());
  EXPECT_FALSE(Identifiers(Profile()).known_by_form());
}

TEST(IdentifiersTest, AnIdCannotAddParametersToAUrl) {
  Profile profile;
  profile.datalink_pattern = "http://a/links?ID={id}";
  const Identifiers ids(profile);
  EXPECT_EQ(ids.dataset("x&RUN=1#y z%\n").access_url, "http://a/links?ID=x%26RUN=1%23y%20z%25%0A");
}

TEST(FileStemTest, IsTheIdOrTheLastPartOfAUri) {
  EXPECT_EQ(file_stem("ADP.2018-06-21T20:32:57.736"), "ADP.2018-06-21T20:32:57.736");
  EXPECT_EQ(file_stem("E-095.F-9802A.2015JUL15.TAR"), "E-095.F-9802A.2015JUL15.TAR");
  EXPECT_EQ(file_stem("ivo://auth/path?x/y/z.fits"), "z");
  EXPECT_EQ(file_stem("ivo://eso.org/ID?ADP.1"), "ADP.1");
  EXPECT_EQ(file_stem("ivo://a/b?c.FITS.gz"), "c");
  EXPECT_EQ(file_stem("ivo://a/b?c.fits.fz"), "c");
  EXPECT_EQ(file_stem("ivo://a/b?c.tar.gz"), "c.tar.gz");
  EXPECT_EQ(file_stem("uid://A001/X12a3/Xe9"), "Xe9");
  EXPECT_EQ(file_stem("ivo://a/b/"), "b");
  EXPECT_EQ(file_stem("?"), "?");
  EXPECT_EQ(file_stem(".fits"), ".fits");
}

}  // namespace
}  // namespace esofs::client
