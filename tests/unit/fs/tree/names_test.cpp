#include "fs/tree/names.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "client/model/identifiers.h"

namespace esofs::fs {
namespace {

client::Identifiers ids() {
  client::Profile profile;
  profile.ids = {R"(ADP\..*:.*)"};
  return client::Identifiers(profile);
}

TEST(TriedByPrograms, WhatToolsLookForIsKnown) {
  for (const char* name : {"login.cl", "uparmimred.par", "X.fits.fits", "X.fits[1]", ".git", "HEAD", "CVS",
                           "4913", "x.imh", "@X.fits", "desktop.ini", ""})
    EXPECT_TRUE(tried_by_programs(name)) << name;
}

TEST(TriedByPrograms, WhatPeopleTypeIsNot) {
  for (const char* name : {"10.5,-20,1'", "26.017_-15.937_1min", "20180604", "circle_1_2_30as.fits",
                           "2018-06-04.xlsx", "foo", "querys", "NGC_253", "195.B-0283(A)", "-10_20_1arcmin"})
    EXPECT_FALSE(tried_by_programs(name)) << name;
}

TEST(MayNameADataset, TheNamesThatArchivesGiveAreAccepted) {
  for (const char* name :
       {"ADP.2018-06-21T20:32:57.736.fits", "ADP.2018-06-21T20_32_57.736.fits", "X.fits.fz", "X.fits.Z",
        "a_b-c+d~1.fits", "MUSE.2018-06-05T01:06:59.418.NL.txt", "preview.png", "bundle.tar"})
    EXPECT_TRUE(may_name_a_dataset(name)) << name;
}

TEST(MayNameADataset, TheNamesThatToolsTryAreNot) {
  for (const char* name : {"login.cl",
                           "uparmimhead.par",
                           "X.fits.fits",
                           "X.fits.imh",
                           "X.fits[1]",
                           "X.fits,1",
                           "@X.fits",
                           "NAXIS1",
                           ".hidden",
                           ".fits",
                           "",
                           "..X.fits",
                           "X.fits.head",
                           "-lc",
                           "tmpiraf12",
                           "X.fits.fz.fz",
                           "4913",
                           "query.adql~",
                           "X.FITS",
                           "a b.fits"})
    EXPECT_FALSE(may_name_a_dataset(name)) << name;
}

TEST(NeverAName, MetaCharactersAndLeadingDotsNeverOccur) {
  for (const char* name : {"@X.fits", "X.fits[1]", "X.fits,1", ".X", "", "a b", "$x", "x%20"})
    EXPECT_TRUE(never_a_name(name)) << name;
  for (const char* name : {"X", "X.fits", "X.fits+1", "a:b"}) EXPECT_FALSE(never_a_name(name)) << name;
}

TEST(CheckQueryName, SafeNamesPassAndOthersAreEinvalWithASentence) {
  EXPECT_TRUE(check_query_name("ngc253"));
  EXPECT_TRUE(check_query_name("a.b_c-d+e~f:g"));
  for (const char* name : {"", ".hidden", "-x", "a b", "a/b", "a[1]", "\xc3\xa9"}) {
    const auto checked = check_query_name(name);
    ASSERT_FALSE(checked) << name;
    EXPECT_EQ(checked.error().code(), EINVAL);
    EXPECT_FALSE(checked.error().what().empty());
  }
  EXPECT_TRUE(check_query_name(std::string(115, 'x')));
  EXPECT_EQ(check_query_name(std::string(116, 'x')).error().code(), ENAMETOOLONG);
}

TEST(IdOfName, BothFormsOfAnIdentifierGiveTheArchivesOwn) {
  EXPECT_EQ(id_of_name("ADP.2018-06-21T20:32:57.736", ids()), "ADP.2018-06-21T20:32:57.736");
  EXPECT_EQ(id_of_name("ADP.2018-06-21T20_32_57.736", ids()), "ADP.2018-06-21T20:32:57.736");
  EXPECT_EQ(id_of_name("login.cl", ids()), std::nullopt);
  EXPECT_EQ(id_of_name("@ADP.2018-06-21T20:32:57.736", ids()), std::nullopt);
}

TEST(DateInId, TheTimeStampIsReadAndNothingElse) {
  EXPECT_EQ(date_in_id("ADP.1970-01-02T00:00:01.736"), 86401);
  EXPECT_EQ(date_in_id("MUSE.2018-06-21T20:32:57.736"), 1529613177);
  EXPECT_EQ(date_in_id("ADP.2018-13-21T20:32:57.736"), 0);
  EXPECT_EQ(date_in_id("ivo://archive/x?1"), 0);
  EXPECT_EQ(date_in_id(""), 0);
}

TEST(PackedSuffix, ItIsKeptInTheSpellingOfTheName) {
  EXPECT_EQ(packed_suffix("X.fits.Z"), ".fits.Z");
  EXPECT_EQ(packed_suffix("X.fits.fz"), ".fits.fz");
  EXPECT_EQ(packed_suffix("APEX.TAR"), ".TAR");
  EXPECT_EQ(packed_suffix("X.fits"), "");
  EXPECT_EQ(packed_suffix(".tar"), "");
}

TEST(ShownName, SafeStyleReplacesWhatWindowsDislikes) {
  EXPECT_EQ(shown_name("A:B.fits", NameStyle::kSafe), "A_B.fits");
  EXPECT_EQ(shown_name("A:B.fits", NameStyle::kArchive), "A:B.fits");
}

}  // namespace
}  // namespace esofs::fs
