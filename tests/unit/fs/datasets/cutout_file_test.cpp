// The file of one cutout: identity, size, bytes, errors.
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/fs/datasets/cutouts_fixture.h"

namespace esofs::tests {
namespace {

const std::string kFile = kId + ".fits";

class CutoutFileTest : public CutoutsFixture {};

TEST_F(CutoutFileTest, EqualSpecsAreOneFileUnderTheNamesThatWereTyped) {
  const auto one = walk({"datasets", kId, "cutout", kSpec + ".fits"});
  EXPECT_EQ(walk({"datasets", kId, "cutout", "circle_11.888_-25.288_0.5arcmin.fits"}), one);
  EXPECT_NE(walk({"datasets", kId, "cutout", "circle_11.888_-25.288_31arcsec.fits"}), one);
  EXPECT_NE(walk({"datasets", kOtherId, "cutout", kSpec + ".fits"}), one);
  EXPECT_NE(walk({"datasets", kId, kFile}), one);
  EXPECT_EQ(xattr(one, "user.esofs.cutout"), kCanonical);
}

TEST_F(CutoutFileTest, OpeningGivesTheExactSizeAndTheBytes) {
  const auto ino = walk({"datasets", kId, "cutout", kSpec + ".fits"});
  EXPECT_LE(fs_->getattr(ino)->attr_timeout, 10) << "an estimate";
  auto opened = open(ino);
  ASSERT_TRUE(opened) << opened.error().what();
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_size, 70'000);
  auto bytes = read(opened->handle, 100, 2);
  ASSERT_TRUE(bytes);
  EXPECT_EQ((*bytes)[0], FakeFileCache::byte_at(100, "v2"));
  fs_->release(opened->handle);
}

TEST_F(CutoutFileTest, AFailureOfTheServiceIsTheErrnoOfOpen) {
  cache_.fail_open(kId + "/" + kCanonical, Error(ENODATA, "HTTP 204"));
  const auto opened = open(walk({"datasets", kId, "cutout", kSpec + ".fits"}));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ENODATA);
}

}  // namespace
}  // namespace esofs::tests
