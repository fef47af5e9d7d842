#include "cache/content/opening.h"

#include <gmock/gmock.h>

#include "tests/support/fits_text.h"
#include "tests/support/lzw.h"
#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;

class OpeningTest : public FileCacheFixture {};

TEST_F(OpeningTest, OpeningAGiantCostsOnlyItsHeadAndTail) {
  archive_.put_file(url_, kGiant);
  const auto file = open();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), kGiant);
  expect_bytes(file, 0, 2880);
  expect_bytes(file, kGiant - 2880, 2880);
  EXPECT_LE(archive_.fetched_bytes(), 128U * 1024);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(OpeningTest, WithAnAnnouncedLengthHeadAndTailAreRequestedAtOnce) {
  archive_.put_file(url_, kGiant);
  announce(kGiant);
  archive_.hold();
  auto asked = ask_open();
  ASSERT_TRUE(archive_.wait_held(2));
  archive_.release();
  const auto file = asked.get();
  ASSERT_TRUE(file);
  expect_bytes(*file, kGiant - 2880, 2880);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(OpeningTest, OfHeadersOfManyFilesTheTailIsNotAskedFor) {
  archive_.put_file(url_, kGiant);
  announce(kGiant);
  Cause headers;
  headers.operation = Operation::kHeaders;
  std::promise<Result<File>> promise;
  const auto cancel = cache_->open(
      dataset_, Form::kDelivered,
      AskedBy(headers, [&promise](Result<File> opened) { promise.set_value(std::move(opened)); }));
  const auto file = promise.get_future().get();
  ASSERT_TRUE(file) << file.error().what();
  expect_bytes(*file, 0, 2880);
  EXPECT_EQ(archive_.fetch_count(), 1);
  EXPECT_EQ(archive_.fetched_bytes(), 64U * 1024);
  expect_bytes(*file, kGiant - 2880, 2880);
}

TEST_F(OpeningTest, AWronglyAnnouncedLengthIsCorrected) {
  archive_.put_file(url_, 10 * kMiB + 77);
  announce(9 * kMiB);
  const auto file = open();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 10 * kMiB + 77);
  expect_bytes(file, 10 * kMiB, 77);
  expect_bytes(file, 9 * kMiB - 100, 200);
}

TEST_F(OpeningTest, AFileThatIsNotFitsIsOpenedByItsHeadOnly) {
  archive_.put_file(url_, kMiB);
  dataset_.extension = ".tar";
  ASSERT_TRUE(open());
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(OpeningTest, FilesOfEverySizeAreRead) {
  for (const std::uint64_t size :
       {1UL, 2UL, 100UL, kChunk - 1, kChunk, kChunk + 1, 2 * kChunk, 5 * kChunk + 3}) {
    for (const bool ranges : {true, false}) {
      for (const bool length : {true, false}) {
        archive_.put_file(url_, size, {.ranges = ranges, .announce_length = length});
        cache_->evict(dataset_).has_value();
        const auto file = open();
        ASSERT_TRUE(file);
        EXPECT_EQ(file->size(), size);
        EXPECT_EQ(all_of(file), FakeArchive::bytes_at(0, size));
      }
    }
  }
}

TEST_F(OpeningTest, ASecondOpenMakesNoRequestNorDoesOneAfterARestart) {
  archive_.put_file(url_, 10 * kMiB);
  auto file = open();
  expect_bytes(file, 0, 2880);
  expect_bytes(file, 10 * kMiB - 100, 100);
  const int before = archive_.fetch_count();
  for (int i = 0; i < 117; ++i) ASSERT_TRUE(open());
  file.reset();
  for (int i = 0; i < 117; ++i) {
    const auto again = open();
    ASSERT_TRUE(again);
    expect_bytes(again, 0, 2880);
  }
  restart();
  file = open();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 10 * kMiB);
  expect_bytes(file, 0, 2880);
  EXPECT_EQ(archive_.fetch_count(), before);
}

TEST_F(OpeningTest, ManyOpensAtOnceAreOneRequest) {
  archive_.put_file(url_, kMiB);
  dataset_.extension = ".tar";
  archive_.hold();
  std::vector<Asked<File>> asked;
  for (int i = 0; i < 50; ++i) asked.push_back(ask_open());
  ASSERT_TRUE(archive_.wait_held());
  archive_.release();
  for (auto& each : asked) EXPECT_TRUE(each.get());
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(OpeningTest, AnOpenThatIsCancelledEndsAtOnceAndLeavesTheOthers) {
  archive_.put_file(url_, kMiB);
  archive_.hold();
  auto first = ask_open();
  auto second = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  ASSERT_TRUE(first.answered());
  EXPECT_EQ(first.get().error().code(), EINTR);
  archive_.release();
  EXPECT_TRUE(second.get());
}

TEST_F(OpeningTest, AFailureToOpenIsRememberedForSomeSeconds) {
  EXPECT_EQ(open_error(), ENOENT);
  const int before = archive_.fetch_count();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(open_error(), ENOENT);
  EXPECT_EQ(archive_.fetch_count(), before);
  EXPECT_TRUE(cache_->facts(dataset_, Form::kDelivered).error);
  archive_.put_file(url_, kMiB);
  now_ += 6;
  EXPECT_TRUE(open());
  EXPECT_FALSE(cache_->facts(dataset_, Form::kDelivered).error);
}

TEST_F(OpeningTest, AnAnswerThatBreaksOffInTheFirstChunkIsAskedForAgain) {
  archive_.put_file(url_, kMiB, {.piece = 1000});
  dataset_.extension = ".tar";
  archive_.fail_after(url_, 5000, Error(EIO, "cut"));
  const auto file = open();
  ASSERT_TRUE(file);
  expect_bytes(file, 0, kMiB);
}

TEST_F(OpeningTest, TheErrnoOfTheArchiveIsReturned) {
  archive_.put_file(url_, kMiB);
  archive_.fail_next(FakeArchive::Op::kFetch, Error(EACCES, "HTTP 403"), -1);
  EXPECT_EQ(open_error(), EACCES);
}

TEST_F(OpeningTest, AShortAnswerToARangeIsTaken) {
  for (const std::uint64_t most : {std::uint64_t{5000}, kChunk - 1, kChunk, kChunk + 1}) {
    dataset_.id = dataset_.access_url = "http://archive/file/" + std::to_string(most);
    archive_.put_file(dataset_.id, 20 * kChunk + 7, {.most_part = most});
    EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 20 * kChunk + 7)) << most;
  }
}

TEST_F(OpeningTest, AWeakTagThatBecomesStrongIsTheSameVersion) {
  const std::string date = "Wed, 01 Jan 2020 00:00:00 GMT";
  archive_.put_file(url_, 10 * kMiB, {.validator = date, .tag = "abc", .date = date});
  const auto file = open();
  expect_bytes(file, 0, 100);
  archive_.put_file(url_, 10 * kMiB, {.validator = "\"abc\"", .tag = "abc", .date = date});
  expect_bytes(file, 5 * kMiB, 100);
  now_ += 24 * 3600 + 1;  // the archive is asked again
  expect_bytes(open(), 5 * kMiB, 100);
  expect_bytes(file, 8 * kMiB, 100);
  EXPECT_EQ(open()->version(), file->version());
  archive_.put_file(url_, 10 * kMiB, {.validator = "\"abc\"", .salt = 9, .tag = "abc", .date = "another"});
  now_ += 24 * 3600 + 1;
  restart();
  archive_.put_file(url_, 10 * kMiB, {.validator = "\"abd\"", .salt = 9, .tag = "abd", .date = date});
  expect_bytes(open(), 5 * kMiB, 100, 9);
  EXPECT_EQ(read_error(file, 9 * kMiB, 100), EIO) << "its cache has ended";
}

TEST_F(OpeningTest, ATagThatIsLeftOutLaterIsTheSameVersion) {
  const std::string date = "Wed, 01 Jan 2020 00:00:00 GMT";
  archive_.put_file(url_, 10 * kMiB, {.validator = "\"abc\"", .tag = "abc", .date = date});
  const auto file = open();
  archive_.put_file(url_, 10 * kMiB, {.validator = date, .date = date});
  expect_bytes(file, 5 * kMiB, 100);
  now_ += 24 * 3600 + 1;  // the archive is asked again
  EXPECT_EQ(open()->version(), file->version());
  archive_.put_file(url_, 10 * kMiB, {.validator = "\"abd\"", .salt = 9, .tag = "abd", .date = date});
  EXPECT_EQ(read_error(file, 8 * kMiB, 100), ESTALE) << "the tag is remembered";
}

TEST_F(OpeningTest, AServerThatStopsTellingVersionsIsAskedForRanges) {
  archive_.put_file(url_, 10 * kMiB);
  expect_bytes(open(), 0, 100);
  archive_.put_file(url_, 10 * kMiB, {.validator = ""});
  EXPECT_EQ(read_error(open(), 5 * kMiB, 100), ESTALE);
  expect_bytes(open(), 5 * kMiB, 100);
  EXPECT_TRUE(archive_.fetches().back().range);
}

TEST_F(OpeningTest, OneThatTellsVersionsNowAndThenIsReadInOneAnswer) {
  for (int i = 0; i < 2; ++i) {
    archive_.put_file(url_, 10 * kMiB);
    const auto file = open();
    archive_.put_file(url_, 10 * kMiB, {.validator = ""});
    EXPECT_EQ(read_error(file, 5 * kMiB, 100), ESTALE);
  }
  expect_bytes(open(), 5 * kMiB, 100);
  EXPECT_FALSE(archive_.fetches().back().range);
}

TEST_F(OpeningTest, ARequestThatHangsAndWasLeftIsNotJoined) {
  archive_.put_file(url_, kMiB);
  archive_.hold(url_);
  auto first = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  EXPECT_EQ(first.get().error().code(), EINTR);
  now_ += 2;
  auto second = ask_open();
  while (archive_.fetch_count(url_) < 2) std::this_thread::yield();
  archive_.release();
  auto file = second.get();
  ASSERT_TRUE(file) << file.error().what();
  EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, kMiB));
}

TEST_F(OpeningTest, AQuestionForItsUrlThatHangsAndWasLeftIsAskedAgain) {
  archive_.put_file(url_, kMiB);
  catalog_.hang_next_source();
  auto first = ask_open();
  first.cancel();
  EXPECT_EQ(first.get().error().code(), EINTR);
  now_ += 2;
  const auto file = open();
  ASSERT_TRUE(file);
  EXPECT_EQ(all_of(file), FakeArchive::bytes_at(0, kMiB));
  EXPECT_EQ(catalog_.source_count(), 2);
}

TEST_F(OpeningTest, AViewThatWasLeftIsOpenedByTheNext) {
  const Bytes plain = tests::bytes_of(tests::fits_of(kMiB));
  const Bytes packed = tests::lzw_of(plain, true, 9);
  ASSERT_GT(packed.size(), 3 * kChunk);
  archive_.put_bytes(url_, packed, {.name = "A.fits.Z"});
  ASSERT_TRUE(open());
  rest();
  archive_.hold(url_);
  auto first = ask_open(Form::kPlain);
  ASSERT_TRUE(archive_.wait_held()) << "what is between head and tail";
  first.cancel();
  EXPECT_EQ(first.get().error().code(), EINTR);
  auto second = ask_open(Form::kPlain);
  archive_.release();
  const auto file = second.get();
  ASSERT_TRUE(file) << file.error().what();
  EXPECT_EQ(all_of(*file), plain);
}

TEST_F(OpeningTest, ARequestThatWasLeftAndContinuesIsJoined) {
  archive_.put_file(url_, kMiB);
  archive_.hold(url_);
  auto first = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  auto second = ask_open();  // at once
  archive_.release();
  ASSERT_TRUE(second.get());
  rest();
  EXPECT_EQ(archive_.fetch_count(url_), 2) << "the head and the tail";
}

TEST_F(OpeningTest, ARequestThatSomebodyWaitsForIsJoined) {
  archive_.put_file(url_, kMiB);
  dataset_.extension = ".tar";
  archive_.hold(url_);
  auto first = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  now_ += 100;
  auto second = ask_open();
  archive_.release();
  EXPECT_TRUE(first.get());
  EXPECT_TRUE(second.get());
  EXPECT_EQ(archive_.fetch_count(url_), 1);
}

TEST_F(OpeningTest, AWholeAnswerThatNobodyWantsDoesNotEndTheOther) {
  archive_.put_file(url_, 3 * kMiB, {.ranges = false});
  archive_.hold(url_, 0);
  auto first = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  now_ += 2;
  auto second = ask_open();
  while (archive_.fetch_count(url_) < 2) std::this_thread::yield();
  archive_.release();
  auto file = second.get();
  ASSERT_TRUE(file) << file.error().what();
  EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, 3 * kMiB));
  rest();
  expect_bytes(*file, 0, 3 * kMiB);
}

TEST_F(OpeningTest, APackageWithAFitsNameIsReported) {
  struct Case {
    std::string bytes;
    std::string type;
    std::string name;
    std::string extension;
  };
  std::string tar(10'240, 'x');
  tar.replace(257, 5, "ustar");
  const std::vector<Case> cases = {
      {tar, "application/octet-stream", "", ".tar"},
      {std::string(3000, 'x'), "application/x-tar", "", ".tar"},
      {std::string("PK\x03\x04") + std::string(5000, 'z'), "application/fits", "one", ".zip"},
      {"\x1f\x8b" + std::string(5000, 'z'), "application/octet-stream", "one.tar.gz", ".tar.gz"}};
  for (const auto& [bytes, type, name, extension] : cases) {
    for (const bool ranges : {true, false}) {
      dataset_.id += "1";
      dataset_.extension = ".fits";
      archive_.put_bytes(url_, tests::bytes_of(bytes),
                         {.ranges = ranges, .name = name, .content_type = type});
      // The client refuses what does not begin like FITS.
      if (!bytes.starts_with("\x1f"))
        archive_.fail_next(FakeArchive::Op::kFetch, Error(EIO, "no FITS"), 1, url_);
      auto file = ask_open(Form::kPlain).get();
      ASSERT_FALSE(file);
      EXPECT_EQ(file.error().code(), EIO);
      EXPECT_THAT(file.error().what(), ::testing::HasSubstr("it is the " + extension + " file")) << type;
      dataset_.extension = extension;
      EXPECT_EQ(all_of(open()).size(), bytes.size()) << extension;
    }
  }
}

}  // namespace
}  // namespace esofs::cache
