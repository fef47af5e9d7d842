// cutout/ of datasets and of queries: which names there are, what they cost, what they show.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "tests/unit/fs/datasets/cutouts_fixture.h"

namespace esofs::tests {
namespace {

const std::string kFile = kId + ".fits";

class CutoutNodesTest : public CutoutsFixture {};

TEST_F(CutoutNodesTest, ADatasetHasThemIfTheArchiveOffersThem) {
  const auto names = list({"datasets", kId});
  EXPECT_NE(std::find(names.begin(), names.end(), "cutout"), names.end());
  EXPECT_EQ(list({"datasets", kId, "cutout"}), std::vector<std::string>{"README.txt"});
  catalog_.put_offer(client::CutoutOffer());
  const auto without = list({"datasets", kId});
  EXPECT_EQ(std::find(without.begin(), without.end(), "cutout"), without.end());
}

TEST_F(CutoutNodesTest, ANameOfTheGrammarIsAFileWithoutARequest) {
  catalog_.put_offer(std::nullopt);
  catalog_.hold();
  EXPECT_TRUE(exists(kSpec + ".fits"));
  EXPECT_TRUE(exists("band_480nm_500nm.fits"));
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(CutoutNodesTest, NamesThatToolsProbeAreAbsentWithoutARequest) {
  catalog_.hold();
  for (const std::string& name :
       {kSpec, kSpec + ".fits.fits", kSpec + ".fits[1]", kSpec + ".fits,1", kSpec + ".imh",
        "@" + kSpec + ".fits", kSpec + ".fits.gz", std::string("login.cl"), std::string("NAXIS1"),
        std::string("circle_1_2.fits"), std::string("README"), std::string(".fits")})
    EXPECT_FALSE(exists(name)) << name;
  EXPECT_EQ(catalog_.asked(), 0);
}

TEST_F(CutoutNodesTest, WhatIsKnownNotToBeOfferedIsAbsent) {
  EXPECT_FALSE(exists("circle_80_-25.288_30arcsec.fits")) << "elsewhere on the sky";
  EXPECT_FALSE(exists("band_480nm_500nm.fits")) << "an image";
  catalog_.put_offer(std::nullopt);
  EXPECT_TRUE(exists("circle_80_-25.288_30arcsec.fits"));
}

TEST_F(CutoutNodesTest, UsedSpecsAreListedOthersAreNot) {
  (void)walk({"datasets", kId, "cutout", "circle_11.888_-25.288_1arcmin.fits"});
  (void)cat({"datasets", kId, "cutout", kSpec + ".fits"});
  EXPECT_EQ(list({"datasets", kId, "cutout"}), (std::vector<std::string>{"README.txt", kSpec + ".fits"}));
}

TEST_F(CutoutNodesTest, FilesThatBelongToADatasetHaveCutoutsOfTheirOwn) {
  const auto own = walk({"datasets", kId, "cutout", kOtherId, kSpec + ".fits"});
  EXPECT_EQ(own, walk({"datasets", kOtherId, "cutout", kSpec + ".fits"}));
  EXPECT_FALSE(exists(kId)) << "itself";
  EXPECT_EQ(child({"datasets", kId, "cutout", kOtherId}, kId), 0U) << "no deeper";
}

TEST_F(CutoutNodesTest, FitsFilesOfKnownLinksHaveThemIfTheUrlHoldsTheirId) {
  const std::string preview = "ADP.2020-01-01T00:00:00.000";
  const std::string encoded = std::string(kOtherId).replace(kOtherId.find(':'), 1, "%3A");
  client::Links links;
  for (const auto& [id, type] : {std::pair(encoded, "application/fits"), std::pair(preview, "image/png")}) {
    client::Link& link = links.rows.emplace_back();
    link.semantics = "#auxiliary";
    link.access_url = "http://archive/file/" + id + "?format=fits";
    link.content_type = type;
  }
  links.document = "<VOTABLE/>";
  catalog_.put_links(kId, links);
  (void)cat({"datasets", kId, "links.vot"});
  EXPECT_TRUE(exists(kOtherId)) << "encoded, with a query";
  EXPECT_FALSE(exists(preview)) << "no FITS";
}

TEST_F(CutoutNodesTest, AQueryHasEveryDatasetOfItsListingCutOut) {
  save("a", kAdql);
  EXPECT_EQ(list({"queries", "a", "cutout", kSpec}), (std::vector<std::string>{kFile, kOtherId + ".fits"}));
  EXPECT_EQ(walk({"queries", "a", "cutout", kSpec, kFile}),
            walk({"datasets", kId, "cutout", kSpec + ".fits"}));
  const auto opened = open(walk({"queries", "a", "cutout", kSpec, kFile}));
  ASSERT_TRUE(opened) << opened.error().what();
  fs_->release(opened->handle);
  EXPECT_EQ(xattr(walk({"queries", "a", "cutout", kSpec, kFile}), "user.eso.dp_id"), kId);
}

TEST_F(CutoutNodesTest, CutoutOfAQueryListsUsedSpecsAndIsThenListed) {
  save("a", kAdql);
  const auto before = list({"queries", "a"});
  EXPECT_EQ(std::find(before.begin(), before.end(), "cutout"), before.end());
  EXPECT_EQ(list({"queries", "a", "cutout"}), std::vector<std::string>{});
  (void)walk({"queries", "a", "cutout", "circle_1_2_3"});
  (void)list({"queries", "a", "cutout", kSpec});
  EXPECT_EQ(list({"queries", "a", "cutout"}), std::vector<std::string>{kSpec});
  const auto after = list({"queries", "a"});
  EXPECT_NE(std::find(after.begin(), after.end(), "cutout"), after.end());
}

TEST_F(CutoutNodesTest, ACutoutDirectoryHasOnlyTheDatasetsOfTheListing) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  catalog_.hold();
  for (const std::string& name : {std::string("ADP.2000-01-01T00:00:00.000.fits"), kFile + "[1]",
                                  kFile + ",1", kFile + ".fits", std::string("login.cl")})
    EXPECT_EQ(child({"queries", "a", "cutout", kSpec}, name), 0U) << name;
  EXPECT_EQ(child({"queries", "a", "cutout"}, kSpec + ".fits"), 0U);
  EXPECT_EQ(child({"queries", "a", "cutout"}, "login.cl"), 0U);
}

TEST_F(CutoutNodesTest, WhatTheListingNamesIsThereWhateverItsLetters) {
  listing_->listing_entries.push_back(listing_->listing_entries.front());
  listing_->listing_entries.back().name = "a@b.fits";
  save("a", kAdql);
  const auto names = list({"queries", "a", "cutout", kSpec});
  EXPECT_NE(std::find(names.begin(), names.end(), "a@b.fits"), names.end());
  EXPECT_NE(child({"queries", "a", "cutout", kSpec}, "a@b.fits"), 0U);
}

TEST_F(CutoutNodesTest, AQueryWithCutoutsIsRemovedByRmR) {
  save("a", kAdql);
  (void)list({"queries", "a", "cutout", kSpec});
  const auto uses = walk({"queries", "a", "cutout", kSpec});
  EXPECT_TRUE(fs_->unlink(uses, kFile));
  EXPECT_EQ(cache_.evicted(), std::vector<std::string>{kId + "/" + kCanonical}) << "it is dropped";
  EXPECT_TRUE(rmdir(walk({"queries", "a", "cutout"}), kSpec));
  EXPECT_EQ(list({"queries", "a", "cutout"}), std::vector<std::string>{});
  EXPECT_TRUE(fs_->unlink(walk({"queries", "a"}), "query.adql"));
  EXPECT_TRUE(rmdir(walk({"queries", "a"}), "cutout"));
  EXPECT_TRUE(rmdir(walk({"queries"}), "a"));
}

TEST_F(CutoutNodesTest, NothingElseCanBeWrittenThere) {
  save("a", kAdql);
  const auto refused = [](const auto& result) { return result ? 0 : result.error().code(); };
  EXPECT_EQ(refused(fs_->unlink(walk({"datasets", kId, "cutout"}), kSpec + ".fits")), EROFS);
  EXPECT_EQ(refused(fs_->mkdir(walk({"queries", "a", "cutout"}), "circle_1_2_4")), EROFS);
  EXPECT_EQ(refused(open(walk({"datasets", kId, "cutout", kSpec + ".fits"}), O_RDWR)), EROFS);
}

TEST_F(CutoutNodesTest, ACutoutThatIsRefusedHasASentence) {
  const std::vector<std::string> directory{"datasets", kId, "cutout"};
  EXPECT_FALSE(exists("circle_11.888_-25.288_30as.fits"));
  EXPECT_NE(xattr(walk(directory), "user.esofs.error").find("did you mean 30arcsec?"), std::string::npos);
  EXPECT_FALSE(exists("circle_11.888_-25.288_30arcsec"));
  EXPECT_NE(xattr(walk(directory), "user.esofs.error").find("30arcsec.fits"), std::string::npos);
  EXPECT_FALSE(exists("band_480nm_500nm.fits"));
  EXPECT_NE(xattr(walk(directory), "user.esofs.error").find("does not take a band"), std::string::npos);
}

}  // namespace
}  // namespace esofs::tests
