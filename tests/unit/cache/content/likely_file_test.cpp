#include "cache/content/likely_file.h"

#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;

// A dataset whose DataLink has not answered yet, and whose file the profile's pattern finds.
class LikelyFileTest : public FileCacheFixture {
 protected:
  LikelyFileTest() {
    archive_.know_file_pattern();
    dataset_ = hold("ADP.2018-06-21T20:32:57.736");
  }

  client::Dataset hold(const std::string& id) {
    client::Dataset dataset = archive_.dataset(id);
    dataset.estimate_bytes = 10 * kMiB;
    catalog_.hold_source(id);
    return dataset;
  }
  void answer(const std::string& url) {
    catalog_.answer_source(dataset_.id, client::FileSource{url, std::nullopt, "application/fits", ""});
  }

  const std::string likely_ = "http://archive/file/ADP.2018-06-21T20:32:57.736";
};

TEST_F(LikelyFileTest, HeadAndTailAreAskedForWhileDataLinkIs) {
  archive_.put_file(likely_, kGiant);
  auto asked = ask_open();
  while (archive_.fetched_bytes() < 2 * kChunk) std::this_thread::yield();
  EXPECT_FALSE(asked.answered()) << "DataLink's word counts";
  answer(likely_);
  const auto file = asked.get();
  ASSERT_TRUE(file) << file.error().what();
  EXPECT_EQ((*file)->size(), kGiant);
  expect_bytes(*file, 0, 2880);
  expect_bytes(*file, kGiant - 2880, 2880);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(LikelyFileTest, DataLinkMayAnswerFirst) {
  archive_.put_file(likely_, 10 * kMiB + 77);
  archive_.hold(likely_);
  auto asked = ask_open();
  ASSERT_TRUE(archive_.wait_held(2));
  answer(likely_);
  EXPECT_FALSE(asked.answered());
  archive_.release();
  const auto file = asked.get();
  ASSERT_TRUE(file);
  expect_bytes(*file, 10 * kMiB, 77);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(LikelyFileTest, WhatAnotherUrlBroughtIsDropped) {
  archive_.put_file(likely_, 3 * kMiB, {.salt = 1});
  archive_.put_file(url_, 2 * kMiB);
  auto asked = ask_open();
  while (archive_.fetched_bytes() < 2 * kChunk) std::this_thread::yield();
  answer(url_);
  const auto file = asked.get();
  ASSERT_TRUE(file);
  EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, 2 * kMiB));
}

TEST_F(LikelyFileTest, WhatDataLinkRefusesIsNotOpened) {
  archive_.put_file(likely_, 3 * kMiB);
  auto asked = ask_open();
  while (archive_.fetched_bytes() < 2 * kChunk) std::this_thread::yield();
  catalog_.answer_source(dataset_.id, Error(EACCES, "not yours"));
  EXPECT_EQ(asked.get().error().code(), EACCES);
}

TEST_F(LikelyFileTest, AFileWithoutRangesIsAskedForByDataLinksWord) {
  archive_.put_file(likely_, 3 * kMiB, {.ranges = false});
  auto asked = ask_open();
  while (archive_.fetch_count() < 2) std::this_thread::yield();
  answer(likely_);
  const auto file = asked.get();
  ASSERT_TRUE(file);
  EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, 3 * kMiB));
}

TEST_F(LikelyFileTest, AServerThatKnowsNoEndsOfFilesIsAskedForTheTailAgain) {
  archive_.put_file(likely_, 10 * kMiB);
  archive_.fail_after(likely_, 100, Error(EIO, "broken"), 1);  // one of the two
  auto asked = ask_open();
  while (archive_.fetch_count() < 2) std::this_thread::yield();
  rest();
  answer(likely_);
  const auto file = asked.get();
  ASSERT_TRUE(file);
  expect_bytes(*file, 0, 2880);
  expect_bytes(*file, 10 * kMiB - 2880, 2880);
}

TEST_F(LikelyFileTest, AFileBeforeItsReleaseIsNotGuessed) {
  dataset_.release_date = "2100-01-01T00:00:00Z";
  auto asked = ask_open();
  EXPECT_EQ(archive_.fetch_count(), 0);
  catalog_.answer_source(dataset_.id, Error(EACCES, "not yet"));
  EXPECT_FALSE(asked.get());
}

TEST_F(LikelyFileTest, APatternThatIsAlwaysWrongIsGivenUp) {
  for (int i = 0; i < 10; ++i) {
    dataset_ = hold("ADP.2018-06-21T20:32:57.00" + std::to_string(i));
    const std::string right = url_ + std::to_string(i);
    archive_.put_file(right, 1000);
    auto asked = ask_open();
    answer(right);
    ASSERT_TRUE(asked.get());
    rest();
  }
  int guessed = 0;
  for (const auto& fetch : archive_.fetches()) guessed += fetch.url.find("/file/ADP") != std::string::npos;
  EXPECT_LE(guessed, 2 * 4);
}

TEST_F(LikelyFileTest, OfAFileThatHangsNothingIsLeftWhenTheCacheEnds) {
  archive_.put_file(likely_, 10 * kMiB);
  archive_.hold(likely_);
  auto asked = ask_open();
  ASSERT_TRUE(archive_.wait_held(2));
  answer(likely_);
  cache_.reset();
  EXPECT_FALSE(asked.get());
}

}  // namespace
}  // namespace esofs::cache
