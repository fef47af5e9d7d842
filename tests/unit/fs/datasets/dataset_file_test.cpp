// The file of a dataset: size, attributes, bytes, versions.
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

const std::string kFile = kId + ".fits";

class DatasetFileTest : public FsFixture {
 protected:
  std::uint64_t file() { return walk({"datasets", kId, kFile}); }
};

TEST_F(DatasetFileTest, TheSizeIsAnEstimateUntilOpenAndExactAfterwards) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto ino = walk({"queries", "a", kFile});
  auto before = fs_->getattr(ino);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->attributes.st_size, 300'000);
  EXPECT_GT(before->attr_timeout, 1) << "find asks after READDIRPLUS";
  EXPECT_LE(before->attr_timeout, 10) << "the kernel must not keep an estimate for long";
  auto opened = open(ino);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->invalidate_attributes);
  fs_->drop_wrong_size(ino, [] {});
  auto after = fs_->getattr(ino);
  ASSERT_TRUE(after);
  EXPECT_EQ(after->attributes.st_size, 200'000);
  EXPECT_GT(after->attr_timeout, 60);
  fs_->release(opened->handle);
  auto again = open(ino);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->invalidate_attributes);
  EXPECT_TRUE(again->keep_cache);
  EXPECT_FALSE(again->direct_io);
}

TEST_F(DatasetFileTest, AnUnknownSizeIsNeverZero) {
  auto entry = fs_->getattr(file());
  ASSERT_TRUE(entry);
  EXPECT_GT(entry->attributes.st_size, 0);
  EXPECT_LE(entry->attr_timeout, 10);
}

TEST_F(DatasetFileTest, AttributesAreWhatOldToolsNeed) {
  auto of_user = config();
  of_user.uid = 1234;
  of_user.gid = 55;
  mount(of_user);
  save("a", kAdql);
  (void)list({"queries", "a"});
  auto entry = fs_->getattr(walk({"queries", "a", kFile}));
  ASSERT_TRUE(entry);
  const struct stat& status = entry->attributes;
  EXPECT_EQ(status.st_mode, static_cast<mode_t>(S_IFREG | 0444));
  EXPECT_EQ(status.st_nlink, 1U);
  EXPECT_EQ(status.st_uid, 1234U);
  EXPECT_EQ(status.st_gid, 55U);
  EXPECT_EQ(status.st_mtim.tv_sec, 1'500'000'000);
  EXPECT_EQ(status.st_ctim.tv_sec, 1'500'000'000);
  EXPECT_EQ(status.st_blocks, (300'000 + 511) / 512);
  EXPECT_EQ(status.st_blksize, 4096);  // what stdio reads at once: a header, not more
  EXPECT_EQ(fs_->getattr(walk({"datasets"}))->attributes.st_nlink, 2U);
  EXPECT_EQ(fs_->getattr(walk({"datasets"}))->attributes.st_mode, static_cast<mode_t>(S_IFDIR | 0555));
}

TEST_F(DatasetFileTest, TheTimeOfADatasetIsItsDateAndNeverBefore1980) {
  EXPECT_EQ(fs_->getattr(file())->attributes.st_mtim.tv_sec, 1529613177) << "the date in the id";
  listing_->add("OLD.X", 10, 5);
  save("a", kAdql);
  (void)list({"queries", "a"});
  EXPECT_GE(fs_->getattr(walk({"queries", "a", "OLD.X.fits"}))->attributes.st_mtim.tv_sec, 315'532'800);
}

TEST_F(DatasetFileTest, ReadsGiveTheBytesOfTheFile) {
  auto opened = open(file());
  ASSERT_TRUE(opened);
  auto bytes = read(opened->handle, 199'990, 100);
  ASSERT_TRUE(bytes);
  ASSERT_EQ(bytes->size(), 10U) << "up to the end of the file";
  EXPECT_EQ(bytes->at(0), FakeFileCache::byte_at(199'990));
  EXPECT_EQ(read(opened->handle, 200'000, 5)->size(), 0U);
}

TEST_F(DatasetFileTest, AnOpenThatFailsCarriesItsErrno) {
  cache_.fail_open(kId, Error(EACCES, "proprietary until 2030"));
  const auto opened = open(file());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), EACCES);
  EXPECT_EQ(fs_->open_handles(), 0U);
}

TEST_F(DatasetFileTest, ANewVersionDropsThePagesOfTheOldOne) {
  const auto ino = file();
  fs_->release(open(ino)->handle);
  cache_.put(kId, {150'000, "v2", ""});
  auto opened = open(ino);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->keep_cache);
  EXPECT_FALSE(opened->direct_io);
  auto third = open(ino);
  ASSERT_TRUE(third);
  EXPECT_TRUE(third->keep_cache);
}

TEST_F(DatasetFileTest, OpeningForWritingIsErofs) {
  for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_TRUNC, O_WRONLY | O_APPEND})
    EXPECT_EQ(open(file(), flags).error().code(), EROFS) << flags;
}

TEST_F(DatasetFileTest, ExtendedAttributesCanBeReadButAreNotListed) {
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto ino = walk({"queries", "a", kFile});
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.dp_id"), kId);
  EXPECT_EQ(*fs_->getxattr(ino, "user.eso.DP_ID"), kId);
  EXPECT_EQ(*fs_->getxattr(ino, "user.esofs.size_state"), "estimated");
  EXPECT_EQ(*fs_->getxattr(ino, "user.esofs.url"), "http://archive/" + kId);
  for (const char* name : {"user.eso.none", "user.esofs.version", "user.x"})
    EXPECT_EQ(fs_->getxattr(ino, name).error().code(), ENODATA) << name;
  for (const char* name : {"security.selinux", "system.posix_acl_access", "trusted.x"})
    EXPECT_EQ(fs_->getxattr(ino, name).error().code(), EOPNOTSUPP) << name;
  EXPECT_TRUE(fs_->listxattr(ino)->empty());
}

TEST_F(DatasetFileTest, ExtendedAttributesAreListedIfTheOptionSaysSo) {
  auto listed = config();
  listed.list_xattrs = true;
  mount(listed);
  save("a", kAdql);
  (void)list({"queries", "a"});
  const auto names = *fs_->listxattr(walk({"queries", "a", kFile}));
  EXPECT_NE(std::find(names.begin(), names.end(), "user.eso.dp_id"), names.end());
  EXPECT_NE(std::find(names.begin(), names.end(), "user.esofs.url"), names.end());
}

}  // namespace
}  // namespace esofs::tests
