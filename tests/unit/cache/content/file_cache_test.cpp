#include "cache/content/file_cache.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include "client/base/unique_fd.h"
#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;

class FileCacheTest : public FileCacheFixture {};

// --- versions ---

TEST_F(FileCacheTest, AChangeBetweenOpensIsSeenAfterATimeAndDropsOldBlocks) {
  archive_.put_file(url_, kMiB);
  expect_bytes(open(), 0, kMiB);
  archive_.put_file(url_, kMiB, {.validator = "v2", .salt = 9});
  expect_bytes(open(), 0, kMiB);  // within the time
  now_ += 24 * 3600 + 1;
  const auto file = open();
  ASSERT_TRUE(file);
  expect_bytes(file, 0, kMiB, 9);
  EXPECT_EQ(segments_on_disk(), 1U);
}

TEST_F(FileCacheTest, ADatasetThatWasModifiedIsCheckedAtOnce) {
  archive_.put_file(url_, kMiB, {.validator = ""});
  dataset_.modified = 1;
  expect_bytes(open(), 0, kMiB);
  archive_.put_file(url_, kMiB, {.validator = "", .salt = 9});
  dataset_.modified = 2;
  expect_bytes(open(), 0, kMiB, 9);
}

TEST_F(FileCacheTest, ADatasetNamedWithAndWithoutTheDateOfItsChangeIsOneFile) {
  archive_.put_file(url_, kMiB, {.validator = ""});
  const std::int64_t date = now_ - 10 * 24 * 3600;
  for (const std::int64_t first : {std::int64_t{0}, date}) {
    dataset_.id += "1";
    dataset_.mtime = dataset_.modified = first;
    expect_bytes(open(), 0, kMiB);
    const int before = archive_.fetch_count();
    for (const std::int64_t then : {date, std::int64_t{0}, date}) {
      restart();
      dataset_.mtime = dataset_.modified = then;
      const auto facts = cache_->facts(dataset_, Form::kDelivered);
      EXPECT_TRUE(facts.exact);
      EXPECT_EQ(facts.mtime, first) << "the date that it had when it was opened first";
      expect_bytes(open(), 0, kMiB);
      EXPECT_EQ(archive_.fetch_count(), before);
    }
    now_ += 24 * 3600 + 1;  // the archive is asked again, and has no other version
    expect_bytes(open(), 0, kMiB);
    EXPECT_EQ(archive_.fetch_count(), before + 1);
  }
}

TEST_F(FileCacheTest, AChangeAfterAFileOfUnknownDateCameIsAnotherVersion) {
  archive_.put_file(url_, kMiB, {.validator = ""});
  expect_bytes(open(), 0, kMiB);
  archive_.put_file(url_, kMiB, {.validator = "", .salt = 9});
  dataset_.modified = now_ + 3600;
  EXPECT_FALSE(cache_->facts(dataset_, Form::kDelivered).exact);
  expect_bytes(open(), 0, kMiB, 9);
  dataset_.modified = 0;
  expect_bytes(open(), 0, kMiB, 9);
}

TEST_F(FileCacheTest, AChangeWhileOpenIsStaleForOldHandlesOnly) {
  archive_.put_file(url_, 10 * kMiB);
  const auto old = open();
  expect_bytes(old, 0, 100);
  archive_.put_file(url_, 10 * kMiB, {.validator = "v2", .salt = 9});
  EXPECT_EQ(read_error(old, 5 * kMiB, 100), ESTALE);
  EXPECT_EQ(read_error(old, 0, 100), ESTALE);
  const auto file = open();  // asks again, although the facts are young
  ASSERT_TRUE(file);
  expect_bytes(file, 0, 100, 9);
  expect_bytes(file, 5 * kMiB, 100, 9);
  EXPECT_EQ(read_error(old, 0, 100), ESTALE);
}

TEST_F(FileCacheTest, AfterAStaleReadAnOpenFindsTheNewVersionAtOnce) {
  archive_.put_file(url_, 10 * kMiB);
  const auto old = open();
  expect_bytes(old, 0, 100);
  archive_.put_file(url_, 10 * kMiB, {.validator = "v2", .salt = 9});
  std::promise<Result<File>> reopened;
  auto cancel = old->read(5 * kMiB, 100, [&](const Result<Bytes>& bytes) {
    EXPECT_EQ(bytes ? 0 : bytes.error().code(), ESTALE);
    cache_->open(dataset_, Form::kDelivered, [&](Result<File> file) { reopened.set_value(std::move(file)); });
  });
  const auto file = reopened.get_future().get();
  ASSERT_TRUE(file) << file.error().what();
  expect_bytes(*file, 5 * kMiB, 100, 9);
}

TEST_F(FileCacheTest, AnOpenThatMeetsANewVersionEndsTheOldHandles) {
  archive_.put_file(url_, kMiB);
  const auto old = open();
  expect_bytes(old, 0, 100);
  archive_.put_file(url_, kMiB, {.validator = "v2", .salt = 9});
  now_ += 24 * 3600 + 1;
  expect_bytes(open(), 0, 100, 9);
  EXPECT_EQ(read_error(old, 0, 100), ESTALE);
}

TEST_F(FileCacheTest, AFileWhoseVersionChangesAtEachLookComesByOneAnswer) {
  archive_.put_file(url_, 10 * kMiB);
  const auto old = open();
  expect_bytes(old, 0, 100);
  archive_.put_file(url_, 10 * kMiB, {.validator = "v2", .salt = 9});
  EXPECT_EQ(read_error(old, 5 * kMiB, 100), ESTALE);
  const auto file = open();
  ASSERT_TRUE(file);
  EXPECT_FALSE(archive_.fetches().back().range) << "its ranges would be of another version each";
  archive_.put_file(url_, 10 * kMiB, {.validator = "v3", .salt = 7});
  expect_bytes(file, 5 * kMiB, 100, 9);
  now_ += 24 * 3600 + 1;
  expect_bytes(open(), 0, 100, 7);
  EXPECT_TRUE(archive_.fetches().back().range) << "it is trusted again after a while";
}

TEST_F(FileCacheTest, AChangeAfterALongTimeIsAChangeLikeAnyOther) {
  archive_.put_file(url_, 10 * kMiB);
  const auto old = open();
  expect_bytes(old, 0, 100);
  archive_.put_file(url_, 10 * kMiB, {.validator = "v2", .salt = 9});
  now_ += 3600;
  EXPECT_EQ(read_error(old, 5 * kMiB, 100), ESTALE);
  expect_bytes(open(), 5 * kMiB, 100, 9);
  for (const auto& request : archive_.fetches()) EXPECT_TRUE(request.range);
}

TEST_F(FileCacheTest, ARefusalMayMeanThatTheUrlHasExpired) {
  archive_.put_file("http://archive/store?token=new", kMiB);
  archive_.fail_next(FakeArchive::Op::kFetch, Error(EACCES, "HTTP 403"), -1,
                     "http://archive/store?token=old");
  catalog_.put_source(dataset_.id, {"http://archive/store?token=old", kMiB, "application/fits", ""});
  EXPECT_EQ(open_error(), EACCES);
  EXPECT_EQ(catalog_.source_count(), 1) << "it is as new as can be";
  now_ += 60;
  catalog_.put_newer_source(dataset_.id, {"http://archive/store?token=new", kMiB, "application/fits", ""});
  expect_bytes(open(), 0, kMiB);
  EXPECT_EQ(catalog_.source_count(), 3);
}

TEST_F(FileCacheTest, AnOpenFileContinuesByANewerUrlIfItsOwnIsRefused) {
  const std::string old_url = "http://archive/store?token=old";
  const std::string new_url = "http://archive/store?token=new";
  for (const auto& url : {old_url, new_url}) archive_.put_file(url, 20 * kMiB);
  catalog_.put_source(dataset_.id, {old_url, 20 * kMiB, "application/fits", ""});
  const auto file = open();
  expect_bytes(file, 0, 2880);
  archive_.fail_next(FakeArchive::Op::kFetch, Error(EACCES, "HTTP 403"), -1, old_url);
  EXPECT_EQ(read_error(file, 10 * kMiB, 10), EACCES) << "there is no other";
  now_ += 60;
  catalog_.put_newer_source(dataset_.id, {new_url, 20 * kMiB, "application/fits", ""});
  const int before = catalog_.source_count();
  std::vector<Asked<Bytes>> asked;
  for (std::uint64_t i = 0; i < 10; ++i) asked.push_back(ask_read(file, i * 2 * kMiB, 300'000));
  for (std::uint64_t i = 0; i < 10; ++i) {
    auto bytes = asked[i].get();
    ASSERT_TRUE(bytes) << bytes.error().what();
    EXPECT_EQ(*bytes, FakeArchive::bytes_at(i * 2 * kMiB, 300'000));
  }
  EXPECT_EQ(catalog_.source_count(), before + 1);
  EXPECT_EQ(all_of(file), FakeArchive::bytes_at(0, 20 * kMiB));
}

TEST_F(FileCacheTest, AFileThatIsGoneIsEioAlsoByANewerUrl) {
  const std::string old_url = "http://archive/store?token=old";
  const std::string new_url = "http://archive/store?token=new";
  archive_.put_file(old_url, 20 * kMiB);
  catalog_.put_source(dataset_.id, {old_url, 20 * kMiB, "application/fits", ""});
  const auto file = open();
  archive_.remove_file(old_url);
  catalog_.put_newer_source(dataset_.id, {new_url, 20 * kMiB, "application/fits", ""});
  EXPECT_EQ(read_error(file, 10 * kMiB, 10), EIO) << "ENOENT is no error of read";
  EXPECT_EQ(archive_.fetch_count(new_url), 1);
}

TEST_F(FileCacheTest, APackageIsNoFitsFileAndComesAsItIs) {
  archive_.put_file(url_, kMiB);
  catalog_.put_source(dataset_.id, {url_, kMiB, "application/x-tar", ""});
  auto plain = ask_open(Form::kPlain).get();
  ASSERT_FALSE(plain);
  EXPECT_EQ(plain.error().code(), EIO);
  EXPECT_THAT(plain.error().what(), ::testing::HasSubstr(".tar file"));
  expect_bytes(open(), 0, kMiB);
  EXPECT_FALSE(archive_.fetches().back().fits);
}

// --- facts ---

TEST_F(FileCacheTest, FactsAreTheBestThatIsKnownWithoutAsking) {
  EXPECT_GT(cache_->facts(dataset_, Form::kDelivered).size, 0U);
  dataset_.estimate_bytes = 1'001'000;
  EXPECT_EQ(cache_->facts(dataset_, Form::kDelivered).size, 1'001'000U);
  announce(1'000'999);
  auto facts = cache_->facts(dataset_, Form::kPlain);
  EXPECT_EQ(facts.size, 1'000'999U);
  EXPECT_FALSE(facts.exact);
  archive_.put_file(url_, 1'000'123, {.name = "A.fits"});
  EXPECT_EQ(archive_.fetch_count(), 0);
  const auto file = open();
  expect_bytes(file, 0, 1'000'123);
  facts = cache_->facts(dataset_, Form::kPlain);
  EXPECT_EQ(facts.size, 1'000'123U);
  EXPECT_TRUE(facts.exact);
  EXPECT_EQ(facts.delivered_name, "A.fits");
  EXPECT_EQ(facts.cached_bytes, 1'000'123U);
  EXPECT_FALSE(facts.version.empty());
  restart();
  EXPECT_TRUE(cache_->facts(dataset_, Form::kPlain).exact);
}

TEST_F(FileCacheTest, ASizeOnceLearntIsKeptWhenTheFactsAreOld) {
  archive_.put_file(url_, 1'000'123);
  ASSERT_TRUE(open());
  now_ += 1'000'000;
  EXPECT_TRUE(cache_->facts(dataset_, Form::kDelivered).exact);
}

TEST_F(FileCacheTest, APackedFileIsOverestimatedBeforeItIsOpened) {
  catalog_.put_source(dataset_.id, {url_, 1'000'000, "", "A.fits.fz"});
  EXPECT_EQ(cache_->facts(dataset_, Form::kDelivered).size, 1'000'000U);
  EXPECT_GE(cache_->facts(dataset_, Form::kPlain).size, 4'000'000U);
}

// --- the rest ---

TEST_F(FileCacheTest, EvictingDropsWhatIsKeptOfAClosedFileOnly) {
  archive_.put_file(url_, kMiB);
  auto file = open();
  expect_bytes(file, 0, kMiB);
  auto refused = cache_->evict(dataset_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), EBUSY);
  file.reset();
  EXPECT_TRUE(cache_->evict(dataset_));
  EXPECT_EQ(segments_on_disk(), 0U);
  EXPECT_FALSE(cache_->facts(dataset_, Form::kDelivered).exact);
}

TEST_F(FileCacheTest, UsageCountsWhatWasServedAndFetched) {
  archive_.put_file(url_, 4 * kChunk);
  const auto file = open();
  expect_bytes(file, 0, 4 * kChunk);
  expect_bytes(file, 0, 4 * kChunk);
  const auto usage = cache_->usage();
  EXPECT_EQ(usage.misses, 4U);
  EXPECT_GE(usage.hits, 4U);
  EXPECT_EQ(usage.fetched_bytes, archive_.fetched_bytes());
  EXPECT_EQ(usage.requests, static_cast<std::uint64_t>(archive_.fetch_count()));
  EXPECT_GE(usage.bytes, 4 * kChunk);
}

TEST_F(FileCacheTest, EndingTheCacheAnswersAllOpensAndReads) {
  archive_.put_file(url_, kGiant);
  const auto file = open();
  archive_.hold();
  auto read = ask_read(file, kGiant / 2, 100);
  client::Dataset other = dataset_;
  dataset_.id = "other";
  auto opened = ask_open();
  ASSERT_TRUE(archive_.wait_held(2));
  cache_.reset();
  EXPECT_EQ(read.get().error().code(), EIO);
  EXPECT_EQ(opened.get().error().code(), EIO);
}

// --- private files ---

TEST_F(FileCacheTest, AFileThatNeededALoginIsRestrictedToItsUser) {
  FakeArchive::FileOptions mine;
  mine.owner = "jdoe";
  archive_.put_file(url_, 3 * kMiB, mine);
  EXPECT_EQ(open_error(), EACCES);
  archive_.log_in("jdoe");
  auto file = open();
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->restricted());
  EXPECT_TRUE(cache_->facts(dataset_, Form::kDelivered).restricted);
  EXPECT_THAT(file->version(), testing::EndsWith("\nfor jdoe"));
  EXPECT_EQ(file->shared_version("fake") + "\nfor jdoe", file->version());
  expect_bytes(file, 0, 3 * kMiB);
  const int fetches = archive_.fetch_count();
  for (const std::string user : {"", "another"}) {
    archive_.log_in(user);
    EXPECT_EQ(open_error(), EACCES) << user;
    EXPECT_FALSE(cache_->facts(dataset_, Form::kDelivered).exact);
    restart();
    EXPECT_EQ(open_error(), EACCES) << user;
  }
  EXPECT_EQ(archive_.fetch_count(), fetches + 4);  // the archive is asked, the cache is not
  archive_.log_in("jdoe");
  file.reset();
  file = open();
  ASSERT_TRUE(file);
  expect_bytes(file, 0, 3 * kMiB);
  EXPECT_EQ(archive_.fetch_count(), fetches + 4);  // and what is the user's own is still here
}

TEST_F(FileCacheTest, BlocksAndRecordOfAPrivateFileAreItsReadersOwn) {
  FakeArchive::FileOptions shared;
  shared.owner = "jdoe";
  shared.co_owner = "coi";
  archive_.put_file(url_, 3 * kMiB, shared);
  for (const std::string user : {"jdoe", "coi"}) {
    archive_.log_in(user);
    expect_bytes(open(), 0, 3 * kMiB);
    EXPECT_EQ(archive_.fetches().back().rights, client::Rights::of(user));
  }
  const int fetches = archive_.fetch_count();
  for (const std::string user : {"jdoe", "coi"}) {
    archive_.log_in(user);
    expect_bytes(open(), 0, 3 * kMiB);
  }
  EXPECT_EQ(archive_.fetch_count(), fetches);
}

TEST_F(FileCacheTest, AReleasedFileIsPublicAndItsPrivateBlocksGo) {
  FakeArchive::FileOptions mine;
  mine.owner = "jdoe";
  archive_.put_file(url_, kMiB, mine);
  archive_.log_in("jdoe");
  expect_bytes(open(), 0, kMiB);
  archive_.put_file(url_, kMiB);
  now_ += 24 * 3600 + 1;
  const auto file = open();
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->restricted());
  expect_bytes(file, 0, kMiB);
  EXPECT_EQ(segments_on_disk(), 1U);
  const int fetches = archive_.fetch_count();
  archive_.log_in("");
  expect_bytes(open(), 0, kMiB);
  EXPECT_EQ(archive_.fetch_count(), fetches);
}

TEST_F(FileCacheTest, AnOpenPrivateFileIsReadWithTheSameLoginOnly) {
  FakeArchive::FileOptions mine;
  mine.owner = "jdoe";
  archive_.put_file(url_, 300 * kMiB, mine);
  archive_.log_in("jdoe");
  const auto file = open();
  ASSERT_TRUE(file);
  expect_bytes(file, 100 * kMiB, 1000);
  EXPECT_EQ(archive_.fetches().back().rights, client::Rights::of("jdoe"));
  archive_.log_in("");
  EXPECT_EQ(read_error(file, 200 * kMiB, 1000), EACCES);
}

TEST_F(FileCacheTest, PublicFilesAreReadWithoutALoginAndStayCached) {
  archive_.put_file(url_, 3 * kMiB);
  archive_.log_in("jdoe");
  auto file = open();
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->restricted());
  expect_bytes(file, 0, 3 * kMiB);
  EXPECT_EQ(archive_.fetches().back().rights, client::Rights::of(""));
  const int fetches = archive_.fetch_count();
  archive_.log_in("");
  file.reset();
  file = open();
  ASSERT_TRUE(file);
  expect_bytes(file, 0, 3 * kMiB);
  EXPECT_EQ(archive_.fetch_count(), fetches);
}

TEST_F(FileCacheTest, ARefusalIsForgottenAtTheLogin) {
  FakeArchive::FileOptions mine;
  mine.owner = "jdoe";
  archive_.put_file(url_, kMiB, mine);
  EXPECT_EQ(open_error(), EACCES);
  EXPECT_EQ(open_error(), EACCES);
  EXPECT_EQ(archive_.fetch_count(), 1);
  archive_.log_in("jdoe");
  EXPECT_TRUE(open());
}

}  // namespace
}  // namespace esofs::cache
