// Sizes that stat(2) asks the archive for: -o sizes=exact, and files that an overlayfs uses.
#include <gtest/gtest.h>

#include <cerrno>
#include <optional>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

const std::string kFile = kId + ".fits";
const std::string kOtherFile = kOtherId + ".fits";
const std::string kOverlayQuestion = "trusted.overlay.metacopy";

class ExactSizesTest : public FsFixture {
 protected:
  ExactSizesTest() { with(fs::ExactSizes::kAlways); }

  void with(fs::ExactSizes sizes) {
    auto exact = config();
    exact.exact_sizes = sizes;
    mount(exact);
    save("a", kAdql);
  }
  std::uint64_t listed(const std::string& name = kFile) {
    (void)list({"queries", "a"});
    return walk({"queries", "a", name});
  }
  std::optional<Result<fs::Entry>> ask(std::uint64_t ino) {
    (void)fs_->stat(ino, std::nullopt, [this](Result<fs::Entry> entry) { last_ = std::move(entry); });
    return std::exchange(last_, std::nullopt);
  }
  Result<fs::Entry> stat(std::uint64_t ino) { return now(ask(ino)); }
  int error_of(std::uint64_t ino) {
    const auto entry = stat(ino);
    return entry ? 0 : entry.error().code();
  }

  std::optional<Result<fs::Entry>> last_;
};

TEST_F(ExactSizesTest, StatAsksForTheSizeAndKeepsIt) {
  const auto ino = listed();
  EXPECT_EQ(cache_.open_count(), 0) << "a listing and a lookup ask nothing";
  EXPECT_EQ(fs_->getattr(ino)->attr_timeout, 0) << "the kernel must not keep an estimate";
  const auto entry = stat(ino);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->attributes.st_size, 200'000);
  EXPECT_GT(entry->attr_timeout, 60);
  EXPECT_TRUE(stat(ino));
  EXPECT_EQ(cache_.open_count(), 1) << "and the same file again says nothing of others";
}

TEST_F(ExactSizesTest, TheListingItselfDoesNotLetTheKernelKeepAnEstimate) {
  auto opened = opendir(walk({"queries", "a"}));
  ASSERT_TRUE(opened);
  std::size_t files = 0;
  ASSERT_TRUE(fs_->readdir(opened->handle, 0, true, [&files](const fs::DirectoryEntry& entry) {
    if (!entry.name.ends_with(".fits")) return true;
    ++files;
    EXPECT_EQ(entry.entry.attr_timeout, 0);
    EXPECT_GT(entry.entry.entry_timeout, 0) << "the name is certain";
    return true;
  }));
  EXPECT_EQ(files, 2U);
}

TEST_F(ExactSizesTest, StatIsAnErrorIfTheArchiveDoesNotSayInTime) {
  const auto ino = listed();
  cache_.hold_opens();
  EXPECT_FALSE(ask(ino)) << "the worker is free";
  timer_.pass(context_->config().lookup_wait);
  ASSERT_TRUE(last_);
  EXPECT_EQ(last_->error().code(), EAGAIN);
  cache_.release_opens();
  EXPECT_EQ(stat(ino)->attributes.st_size, 200'000);
}

TEST_F(ExactSizesTest, StatFailsAsTheOpenWould) {
  cache_.fail_open(kId, Error(EHOSTUNREACH, "no route"));
  EXPECT_EQ(error_of(listed()), EHOSTUNREACH);
}

TEST_F(ExactSizesTest, WhatTheArchiveRefusesKeepsItsEstimate) {
  for (const int refused : {EACCES, ENOENT}) {
    cache_.fail_open(kId, Error(refused, "refused"));
    const auto entry = stat(listed());
    ASSERT_TRUE(entry) << entry.error().what();
    EXPECT_EQ(entry->attributes.st_size, 300'000);
    EXPECT_EQ(entry->attr_timeout, 0);
  }
}

TEST_F(ExactSizesTest, ACancelledStatLeaves) {
  const auto ino = listed();
  cache_.hold_opens();
  std::optional<Result<fs::Entry>> answer;
  const Cancel cancel =
      fs_->stat(ino, std::nullopt, [&answer](Result<fs::Entry> entry) { answer = std::move(entry); });
  cancel();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error().code(), EINTR);
}

TEST_F(ExactSizesTest, AnOpenThatFindsAnotherSizeThanWasShownFailsOnce) {
  const auto ino = listed();
  ASSERT_TRUE(stat(ino));
  cache_.put(kId, {150'000, "v2", ""});
  const auto misled = open(ino);
  ASSERT_TRUE(misled);
  ASSERT_TRUE(misled->failed);
  EXPECT_EQ(misled->failed->code(), EAGAIN);
  EXPECT_EQ(fs_->open_handles(), 0U);
  EXPECT_EQ(stat(ino)->attributes.st_size, 150'000);
  const auto opened = open(ino);
  ASSERT_TRUE(opened);
  EXPECT_FALSE(opened->failed);
}

TEST_F(ExactSizesTest, TheSizesOfTheNextFilesOfAListingAreAskedForAhead) {
  for (int i = 0; i < 6; ++i) {
    const std::string id = "ADP.2018-06-21T20:32:57.80" + std::to_string(i);
    listing_->add(id);
    cache_.put(id, {});
  }
  const auto first = listed();
  const auto second = walk({"queries", "a", kOtherFile});
  cache_.hold_opens();
  EXPECT_FALSE(ask(first));
  EXPECT_EQ(cache_.waiting_opens(), 1U) << "one file says nothing of the others";
  EXPECT_FALSE(ask(second));
  EXPECT_EQ(cache_.waiting_opens(), 4U) << "the second one, and two more";
  cache_.release_opens();
}

TEST_F(ExactSizesTest, NeverMoreSizesAheadThanTransfers) {
  auto narrow = config();
  narrow.exact_sizes = fs::ExactSizes::kAlways;
  narrow.sizes_ahead = 1;
  mount(narrow);
  for (int i = 0; i < 6; ++i) listing_->add("ADP.2018-06-21T20:32:57.80" + std::to_string(i));
  const auto first = listed();
  const auto second = walk({"queries", "a", kOtherFile});
  cache_.hold_opens();
  EXPECT_FALSE(ask(first));
  EXPECT_FALSE(ask(second));
  EXPECT_EQ(cache_.waiting_opens(), 3U);
  cache_.release_opens();
}

TEST_F(ExactSizesTest, TextsThatAreMadeFromTheArchiveHaveExactSizesToo) {
  catalog_.put_links(kId, "<VOTABLE>links</VOTABLE>");
  const auto ino = walk({"datasets", kId, "links.vot"});
  const auto size = stat(ino);
  ASSERT_TRUE(size) << size.error().what();
  EXPECT_EQ(static_cast<std::size_t>(size->attributes.st_size), cat(ino).size());
}

TEST_F(ExactSizesTest, NothingIsAskedWithoutANetwork) {
  with(fs::ExactSizes::kNever);
  const auto ino = listed();
  EXPECT_FALSE(fs_->asked_by_overlay(ino, kOverlayQuestion));
  EXPECT_EQ(stat(ino)->attributes.st_size, 300'000);
  EXPECT_EQ(cache_.open_count(), 0);
}

TEST_F(ExactSizesTest, AFileThatAnOverlayUsesHasAnExactSizeByDefault) {
  with(fs::ExactSizes::kOfOverlays);
  const auto ino = listed();
  const auto other = walk({"queries", "a", kOtherFile});
  EXPECT_EQ(stat(ino)->attributes.st_size, 300'000);
  EXPECT_TRUE(fs_->asked_by_overlay(ino, kOverlayQuestion)) << "the estimate that the kernel has must go";
  EXPECT_EQ(fs_->getattr(ino)->attr_timeout, 0);
  EXPECT_EQ(stat(ino)->attributes.st_size, 200'000);
  EXPECT_FALSE(fs_->asked_by_overlay(ino, kOverlayQuestion));
  EXPECT_EQ(stat(other)->attributes.st_size, 300'000) << "nobody else waits";
  EXPECT_FALSE(fs_->asked_by_overlay(other, "user.eso.target_name"));
  EXPECT_EQ(stat(other)->attributes.st_size, 300'000);
}

TEST_F(ExactSizesTest, AnOverlayMountedWithUserxattrIsSeenToo) {
  with(fs::ExactSizes::kOfOverlays);
  EXPECT_TRUE(fs_->asked_by_overlay(listed(), "user.overlay.metacopy"));
}

}  // namespace
}  // namespace esofs::tests
