// The file system over the fakes: what every node answers the kernel.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

class FilesystemTest : public FsFixture {
 protected:
  std::uint64_t file() { return walk({"datasets", kId, kId + ".fits"}); }
};

TEST_F(FilesystemTest, EveryMutationOutsideQueriesIsErofs) {
  for (const auto& path : {std::vector<std::string>{}, {"datasets"}, {"datasets", kId}, {".esofs"}}) {
    const auto ino = path.empty() ? fs::kRootInode : walk(path);
    EXPECT_EQ(fs_->create(ino, "x").error().code(), EROFS);
    EXPECT_EQ(fs_->mkdir(ino, "x").error().code(), EROFS);
    EXPECT_EQ(fs_->symlink(ino, "x", "y").error().code(), EROFS);
    EXPECT_EQ(fs_->unlink(ino, "x").error().code(), EROFS);
    EXPECT_EQ(rmdir(ino, "x").error().code(), EROFS);
    EXPECT_EQ(fs_->rename(ino, "x", ino, "y", 0).error().code(), EROFS);
    EXPECT_EQ(fs_->setattr(ino, {}).error().code(), EROFS);
    EXPECT_EQ(fs_->refusal(ino, "link").code(), EROFS);
  }
}

TEST_F(FilesystemTest, AReadThatWaitsLeavesTheWorkerFreeAndCanBeCancelled) {
  auto opened = open(file());
  ASSERT_TRUE(opened);
  cache_.hold_reads();
  std::optional<Result<fs::Bytes>> answer;
  const Cancel cancel =
      fs_->read(opened->handle, 0, 10, [&](Result<fs::Bytes> bytes) { answer = std::move(bytes); });
  EXPECT_FALSE(answer);
  EXPECT_EQ(cat({".esofs", "version"}), "esofs test\n") << "others are served meanwhile";
  cancel();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EINTR);
}

TEST_F(FilesystemTest, WhatIsAskedIsForTheProgramThatAsks) {
  const auto by = [](Operation operation) { return Cause{77, 1000, operation}; };
  std::optional<Result<fs::Opened>> opened;
  fs_->open(file(), O_RDONLY, uid_t{1000},
            AskedBy(by(Operation::kOpen), [&](Result<fs::Opened> answer) { opened = std::move(answer); }));
  ASSERT_TRUE(opened && *opened);
  EXPECT_EQ(cache_.last_open_cause(), by(Operation::kOpen));
  fs_->read((*opened)->handle, 0, 10, AskedBy(by(Operation::kRead), [](const Result<fs::Bytes>&) {}));
  EXPECT_EQ(cache_.last_read_cause(), by(Operation::kRead));
  save("q", kAdql);
  fs_->opendir(walk({"queries", "q"}), AskedBy(by(Operation::kOpendir), [](const Result<fs::Opened>&) {}));
  EXPECT_EQ(catalog_.last_cause(), by(Operation::kOpendir));
  catalog_.put_links(kId, client::Links());
  fs_->opendir(walk({"datasets", kId}), AskedBy(by(Operation::kOpendir), [](const Result<fs::Opened>&) {}));
  EXPECT_EQ(catalog_.last_cause(), by(Operation::kOpendir));
}

TEST_F(FilesystemTest, AReadSurvivesTheReleaseOfItsHandle) {
  auto opened = open(file());
  ASSERT_TRUE(opened);
  cache_.hold_reads();
  std::optional<Result<fs::Bytes>> answer;
  (void)fs_->read(opened->handle, 0, 10, [&](Result<fs::Bytes> bytes) { answer = std::move(bytes); });
  fs_->release(opened->handle);
  cache_.release_reads();
  ASSERT_TRUE(answer && *answer);
  EXPECT_EQ((*answer)->size(), 10U);
}

TEST_F(FilesystemTest, AForgottenInodeIsStale) {
  const auto before = fs_->live_inodes();
  const auto datasets = lookup(fs::kRootInode, "datasets")->ino;
  EXPECT_EQ(fs_->live_inodes(), before + 1);
  fs_->forget(datasets, 1);
  EXPECT_EQ(fs_->live_inodes(), before);
  EXPECT_EQ(fs_->getattr(datasets).error().code(), ESTALE);
}

TEST_F(FilesystemTest, AStatusFileKeepsTheTextItWasOpenedWith) {
  const auto errors = walk({".esofs", "errors"});
  fs_->report(fs::kRootInode, "", Error(EIO, "first"));
  auto opened = open(errors);
  ASSERT_TRUE(opened);
  EXPECT_TRUE(opened->direct_io);
  const auto size = fs_->getattr(errors)->attributes.st_size;
  fs_->report(fs::kRootInode, "", Error(EIO, "second"));
  EXPECT_EQ(read(opened->handle, 0, 1000)->size(), static_cast<std::size_t>(size));
  EXPECT_EQ(fs_->getattr(errors)->attributes.st_size, size) << "fstat(2) of the open file";
  fs_->release(opened->handle);
  EXPECT_GT(fs_->getattr(errors)->attributes.st_size, size);
}

TEST_F(FilesystemTest, StatfsShowsTheCache) {
  const auto status = fs_->statfs();
  EXPECT_EQ(status.f_blocks * status.f_frsize, 1U << 20U);
  EXPECT_EQ(status.f_namemax, 255U);
}

}  // namespace
}  // namespace esofs::tests
