#include "fs/kernel/privacy.h"

#include <gtest/gtest.h>

namespace esofs::fs {
namespace {

TEST(Privacy, NothingIsCoveredWhileNobodysRightsAreUsed) {
  const Privacy none;
  for (const char* path : {"/", "/queries/q/a.fits", "/datasets/A/links.vot", "/datasets/A/preview/p.png"})
    EXPECT_FALSE(none.covers(path, false)) << path;
}

TEST(Privacy, LinksCoverWhatHangsBesideADatasetsFile) {
  const Privacy links{false, true};
  for (const char* path : {"/datasets/A/links.vot", "/datasets/A/preview", "/datasets/A/preview/p.png"})
    EXPECT_TRUE(links.covers(path, false)) << path;
  for (const char* path :
       {"/", "/datasets", "/datasets/A", "/datasets/A/metadata.json", "/queries/q", "/README.txt"})
    EXPECT_FALSE(links.covers(path, false)) << path;
  EXPECT_FALSE(links.covers("/datasets/A/A.fits", true));  // its handles know
}

TEST(Privacy, ListingsCoverEverythingButWhatIsPublicByNature) {
  const Privacy listings{true, false};
  for (const char* path :
       {"/queries", "/queries/q/status.txt", "/datasets", "/datasets/A/A.fits", "/browse/cone"})
    EXPECT_TRUE(listings.covers(path, true)) << path;
  for (const char* path : {"/", "/README.txt", "/.esofs", "/.esofs/status.json"})
    EXPECT_FALSE(listings.covers(path, false)) << path;
}

TEST(Privacy, TheMountingUserSeesEverythingOthersIfShared) {
  Config config;
  config.uid = 1000;
  EXPECT_TRUE(sees_everything(config, 1000));
  EXPECT_FALSE(sees_everything(config, 0));
  EXPECT_FALSE(sees_everything(config, 1001));
  config.share_private = true;
  EXPECT_TRUE(sees_everything(config, 1001));
}

}  // namespace
}  // namespace esofs::fs
