#include "cache/content/whole_file.h"

#include <gmock/gmock.h>

#include "tests/support/fits_text.h"
#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using namespace std::chrono_literals;
using tests::FakeArchive;

class WholeFileTest : public FileCacheFixture {};

TEST_F(WholeFileTest, WhereRangeIsIgnoredOneResponseServesAllReaders) {
  archive_.put_file(url_, 20 * kMiB, {.ranges = false});
  archive_.hold(url_, kMiB);
  const auto file = open();  // answered while the body comes
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), 20 * kMiB);
  expect_bytes(file, 100, 2880);
  auto far = ask_read(file, 19 * kMiB, 100);
  EXPECT_FALSE(far.answered());
  archive_.release();
  auto bytes = far.get();
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, FakeArchive::bytes_at(19 * kMiB, 100));
  EXPECT_EQ(all_of(file), FakeArchive::bytes_at(0, 20 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(WholeFileTest, WhereARangeIsRefusedAllOfTheFileIsAskedFor) {
  archive_.put_file(url_, 3 * kMiB, {.ranges = false, .refuses_ranges = true});
  const auto file = open();
  ASSERT_TRUE(file);
  EXPECT_EQ(all_of(file), FakeArchive::bytes_at(0, 3 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 2);
  ASSERT_TRUE(open());
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(WholeFileTest, AnEmptyFileIsEmptyFromItsOpenOn) {
  dataset_.extension = ".txt";
  archive_.put_file(url_, 0);
  ASSERT_TRUE(open());
  const auto check = [this] {
    const auto facts = cache_->facts(dataset_, Form::kDelivered);
    EXPECT_TRUE(facts.exact);
    EXPECT_EQ(facts.size, 0U);
  };
  check();
  restart();
  check();
}

TEST_F(WholeFileTest, WithoutALengthTheOpenWaitsForTheEnd) {
  archive_.put_file(url_, 5 * kMiB + 3, {.ranges = false, .announce_length = false});
  archive_.hold(url_, kMiB);
  auto asked = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_FALSE(asked.answered());
  archive_.release();
  const auto file = asked.get();
  ASSERT_TRUE(file);
  EXPECT_EQ((*file)->size(), 5 * kMiB + 3);
  EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, 5 * kMiB + 3));
}

TEST_F(WholeFileTest, AWholeFileIsKeptAcrossARestart) {
  archive_.put_file(url_, 5 * kMiB, {.ranges = false, .announce_length = false});
  ASSERT_TRUE(open());
  restart();
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 5 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(WholeFileTest, APartOfAWholeFileIsNotKeptAcrossARestart) {
  archive_.put_file(url_, 5 * kMiB, {.ranges = false});
  archive_.hold(url_, kMiB);
  auto file = open();
  expect_bytes(file, 0, 100);
  file.reset();
  restart();
  archive_.release();
  archive_.put_file(url_, 5 * kMiB, {.ranges = false, .salt = 9});
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 5 * kMiB, 9));
}

TEST_F(WholeFileTest, AWholeFileThatLostAChunkWhileClosedIsFetchedAgain) {
  archive_.put_file(url_, 40 * kMiB, {.ranges = false});
  EXPECT_EQ(all_of(open()).size(), 40 * kMiB);
  cache_.reset();
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.directory)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  ASSERT_EQ(files.size(), 3U);
  std::filesystem::remove(files[0]);
  restart();
  archive_.put_file(url_, 40 * kMiB, {.ranges = false, .salt = 9});
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 40 * kMiB, 9));
}

TEST_F(WholeFileTest, AReadResponseThatBreaksOffIsStaleAndNeverMixed) {
  archive_.put_file(url_, 5 * kMiB, {.ranges = false, .validator = ""});
  archive_.hold(url_, kMiB);
  archive_.fail_after(url_, 2 * kMiB, Error(EIO, "cut"));
  const auto old = open();
  expect_bytes(old, 0, 100);
  auto far = ask_read(old, 4 * kMiB, 100);
  archive_.put_file(url_, 5 * kMiB, {.ranges = false, .validator = "", .salt = 9});
  archive_.release();
  EXPECT_EQ(far.get().error().code(), ESTALE);
  EXPECT_EQ(read_error(old, 0, 100), ESTALE);
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 5 * kMiB, 9));
}

class InterruptedWholeFileTest : public WholeFileTest {
 protected:
  // A file whose first answer stalls after 2 MiB, and of which somebody has read.
  Asked<Bytes> begin_and_stall(const std::string& validator) {
    archive_.put_file(url_, 5 * kMiB, {.ranges = false, .validator = validator});
    archive_.hold(url_, kMiB);
    archive_.fail_after(url_, 2 * kMiB + 1, Error(ETIMEDOUT, "the body stalled"));
    file_ = open();
    expect_bytes(file_, 0, 100);
    EXPECT_TRUE(archive_.wait_held());
    return ask_read(file_, 4 * kMiB, 100);
  }
  File file_;
};

TEST_F(InterruptedWholeFileTest, AnAnswerOfTheSameValidatorContinuesIt) {
  auto far = begin_and_stall("v1");
  archive_.release();
  const auto bytes = far.get();
  ASSERT_TRUE(bytes) << bytes.error().what();
  EXPECT_EQ(*bytes, FakeArchive::bytes_at(4 * kMiB, 100));
  EXPECT_EQ(all_of(file_), FakeArchive::bytes_at(0, 5 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(InterruptedWholeFileTest, AnotherVersionIsNotMixedWithIt) {
  auto far = begin_and_stall("v1");
  archive_.put_file(url_, 5 * kMiB, {.ranges = false, .validator = "v2", .salt = 9});
  archive_.release();
  EXPECT_EQ(far.get().error().code(), ESTALE);
  EXPECT_EQ(read_error(file_, 0, 100), ESTALE);
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 5 * kMiB, 9));
}

TEST_F(InterruptedWholeFileTest, WithoutAValidatorAStallIsTheErrorOfItsReaders) {
  auto far = begin_and_stall("");
  archive_.release();
  EXPECT_EQ(far.get().error().code(), ETIMEDOUT);
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 5 * kMiB));
}

TEST_F(InterruptedWholeFileTest, OneThatStallsAgainAndAgainIsTheErrorOfItsReaders) {
  auto far = begin_and_stall("v1");
  archive_.fail_after(url_, 2 * kMiB + 1, Error(ETIMEDOUT, "the body stalled"), -1);
  archive_.release();
  EXPECT_EQ(far.get().error().code(), ETIMEDOUT);
  EXPECT_EQ(archive_.fetch_count(), 3);
}

TEST_F(InterruptedWholeFileTest, AnOpenOfOneThatIsClosedWaitsForItsNextBytes) {
  auto far = begin_and_stall("v1");
  far.cancel();
  file_.reset();
  auto again = ask_open();
  EXPECT_FALSE(again.answered());
  archive_.release();
  const auto file = again.get();
  ASSERT_TRUE(file) << file.error().what();
  EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, 5 * kMiB));
}

TEST_F(InterruptedWholeFileTest, AnOpenOfOneThatHangsAndIsClosedAsksAgain) {
  for (const char* validator : {"v1", ""}) {
    auto far = begin_and_stall(validator);
    const int before = archive_.fetch_count();
    archive_.clear_failures();
    far.cancel();
    file_.reset();
    auto again = ask_open();
    archive_.silent_for(3s);
    while (archive_.fetch_count() == before) std::this_thread::yield();
    archive_.release();
    const auto file = again.get();
    ASSERT_TRUE(file) << file.error().what();
    EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, 5 * kMiB));
    archive_.silent_for(0s);
    dataset_.id += "1";
  }
}

TEST_F(InterruptedWholeFileTest, AReadAfterAnOpenThatCameBackDoesNotHang) {
  archive_.put_file(url_, 5 * kMiB, {.ranges = false, .validator = ""});
  archive_.hold(url_);
  auto first = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  auto again = ask_open();  // before the answer has begun
  archive_.release_until(url_, 100);
  const auto file = again.get();
  ASSERT_TRUE(file) << file.error().what();
  auto bytes = ask_read(*file, 4 * kMiB, 100);
  ASSERT_TRUE(archive_.wait_held());
  archive_.silent_for(3s);
  while (archive_.fetch_count() == 1) std::this_thread::yield();
  archive_.release();
  const auto got = bytes.get();
  ASSERT_TRUE(got) << got.error().what();
  EXPECT_EQ(*got, FakeArchive::bytes_at(4 * kMiB, 100));
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(InterruptedWholeFileTest, AnOpenThatWaitsForItsNextBytesCanBeInterrupted) {
  auto far = begin_and_stall("v1");
  far.cancel();
  file_.reset();
  auto again = ask_open();
  again.cancel();
  EXPECT_EQ(again.get().error().code(), EINTR);
}

TEST_F(InterruptedWholeFileTest, AnOpenBesideOneThatHangsAsksAgain) {
  archive_.put_file(url_, 5 * kMiB, {.ranges = false, .validator = ""});
  archive_.hold(url_, kMiB);
  file_ = open();
  expect_bytes(file_, 0, 100);
  ASSERT_TRUE(archive_.wait_held());
  now_ += 3;
  auto again = ask_open();
  EXPECT_FALSE(again.answered());
  archive_.silent_for(3s);
  const auto second = again.get();
  ASSERT_TRUE(second) << second.error().what();
  EXPECT_EQ(archive_.fetch_count(), 2);
  archive_.release();
  EXPECT_EQ(all_of(*second), FakeArchive::bytes_at(0, 5 * kMiB));
  EXPECT_EQ(all_of(file_), FakeArchive::bytes_at(0, 5 * kMiB)) << "it keeps its own answer";
  file_.reset();
  rest();
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 5 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(WholeFileTest, OneThatSomebodyOpensIsNotStoppedWithItsLastHandle) {
  archive_.put_file(url_, 300 * kMiB, {.ranges = false});
  archive_.hold(url_, kMiB);
  auto file = open();
  expect_bytes(file, 0, 100);
  auto again = ask_open();
  EXPECT_FALSE(again.answered()) << "it waits for the next bytes";
  file.reset();
  archive_.release();
  const auto second = again.get();
  ASSERT_TRUE(second) << second.error().what();
  expect_bytes(*second, 2 * kMiB, 100);
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(WholeFileTest, AResponseThatBreaksOffUnreadBeginsAgain) {
  archive_.put_file(url_, 5 * kMiB, {.ranges = false});
  archive_.hold(url_, kMiB);
  archive_.fail_after(url_, 2 * kMiB, Error(EIO, "cut"));
  const auto file = open();
  auto far = ask_read(file, 4 * kMiB, 100);  // nothing of it has come yet
  archive_.release();
  auto bytes = far.get();
  ASSERT_TRUE(bytes) << bytes.error().what();
  EXPECT_EQ(*bytes, FakeArchive::bytes_at(4 * kMiB, 100));
  EXPECT_EQ(all_of(file), FakeArchive::bytes_at(0, 5 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(WholeFileTest, AWholeAnswerThatAlwaysBreaksOffFailsTheOpen) {
  for (const bool announced : {true, false}) {
    const std::string url = announced ? "http://archive/file/announced" : "http://archive/file/endless";
    dataset_.id = dataset_.access_url = url;
    archive_.put_file(url, 5 * kMiB, {.ranges = false, .announce_length = announced});
    archive_.fail_after(url, 1, Error(EIO, "cut"), -1);
    EXPECT_EQ(open_error(), EIO) << url;
    EXPECT_EQ(archive_.fetch_count(url), 3) << url;
  }
}

TEST_F(WholeFileTest, ADatasetThatIsMadeWhenAskedForIsNeverAskedForInRanges) {
  archive_.put_file(url_, 5 * kMiB);
  dataset_.cutout = "circle_1_2_3";
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 5 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 1);
  EXPECT_FALSE(archive_.fetches()[0].range);
}

TEST_F(WholeFileTest, WithoutADiskAWholeFileIsServedAsItsReaderGoes) {
  config_.directory = "/dev/null/nowhere";
  restart();
  archive_.put_file(url_, 60 * kMiB, {.ranges = false});
  const auto file = open();
  ASSERT_TRUE(file);
  for (std::uint64_t at = 0; at < 60 * kMiB; at += kMiB) expect_bytes(file, at, kMiB);
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(WholeFileTest, AQuotaSmallerThanAWholeFileDoesNotMakeItWrong) {
  config_.max_bytes = 4 * kMiB;
  restart();
  archive_.put_file(url_, 40 * kMiB, {.ranges = false});
  auto file = open();
  ASSERT_TRUE(file);
  EXPECT_EQ(all_of(file), FakeArchive::bytes_at(0, 40 * kMiB));
}

// --- whole means whole: nobody has announced the length ---

TEST_F(WholeFileTest, AFitsFileThatEndsTooEarlyIsAskedForAgain) {
  const Bytes file = tests::bytes_of(tests::fits_of(3 * kMiB));
  archive_.put_bytes(url_, file, {.ranges = false, .announce_length = false});
  archive_.end_after(url_, kMiB);
  EXPECT_EQ(all_of(open()), file);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(WholeFileTest, AFileThatAlwaysEndsTooEarlyIsEioAndNotKept) {
  const Bytes file = tests::bytes_of(tests::fits_of(3 * kMiB));
  archive_.put_bytes(url_, file, {.ranges = false, .announce_length = false});
  archive_.end_after(url_, kMiB, 3);
  auto cut = ask_open().get();
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), EIO);
  EXPECT_THAT(cut.error().what(), ::testing::HasSubstr("cut off"));
  EXPECT_EQ(archive_.fetch_count(), 3);
  rest();
  EXPECT_EQ(segments_on_disk(), 0U);
  EXPECT_FALSE(cache_->facts(dataset_, Form::kDelivered).exact);
  now_ += 60;
  EXPECT_EQ(all_of(open()), file);
}

TEST_F(WholeFileTest, ACutoutThatEndsTooEarlyIsCutAgain) {
  dataset_.cutout = "circle_1_2_3";
  const Bytes file = tests::bytes_of(tests::fits_of(kMiB));
  archive_.put_bytes(url_, file, {.ranges = false, .announce_length = false});
  archive_.end_after(url_, 100'000);
  EXPECT_EQ(all_of(open()), file);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(WholeFileTest, AnAnnouncedLengthMustAgreeUnlessTheAnswerHasItsOwn) {
  dataset_.extension = ".tar";
  for (const bool own : {false, true}) {
    dataset_.id += "1";
    archive_.put_file(url_, kMiB, {.ranges = false, .announce_length = own});
    catalog_.put_source(dataset_.id, {url_, 5 * kMiB, "application/x-tar", ""});
    EXPECT_EQ(open_error(), own ? 0 : EIO);
  }
  dataset_.id += "1";
  archive_.put_file(url_, kMiB, {.ranges = false, .announce_length = false});
  catalog_.put_source(dataset_.id, {url_, kMiB, "application/x-tar", ""});
  EXPECT_EQ(all_of(open()).size(), kMiB);
}

TEST_F(WholeFileTest, AHeaderThatWasCorrectedChangesTheLengthALittle) {
  const Bytes file = tests::bytes_of(tests::fits_of(kMiB));
  archive_.put_bytes(url_, file, {.ranges = false, .announce_length = false});
  announce(file.size() + 2 * 2880);
  EXPECT_EQ(all_of(open()), file);
  dataset_.id += "1";
  announce(file.size() + kMiB);
  EXPECT_EQ(open_error(), EIO) << "it ends between two HDUs";
}

TEST_F(WholeFileTest, AnEmptyAnswerForAFileWithALengthIsEio) {
  dataset_.extension = ".tar";
  for (const bool length : {true, false}) {
    dataset_.id += "1";
    archive_.put_file(url_, 0, {.ranges = false, .announce_length = length});
    announce(12'345'678);
    EXPECT_EQ(open_error(), EIO);
  }
}

// --- files that older programs have kept ---

class OlderWholeFileTest : public WholeFileTest {
 protected:
  // Makes the records of the cache those of a program that did not check whole answers.
  void age() {
    rest();
    std::map<std::string, std::string> records;
    ASSERT_TRUE(store_->scan(Shelf::kFiles, "", [&records](auto key, auto value) {
      records.emplace(key, value);
      return true;
    }));
    for (auto& [key, value] : records) {
      const std::string mark = "\"checked\":true,";
      const auto at = value.find(mark);
      ASSERT_NE(at, std::string::npos);
      ASSERT_TRUE(store_->put(Shelf::kFiles, key, value.erase(at, mark.size())));
    }
    restart();
  }
  Bytes file_ = tests::bytes_of(tests::fits_of(3 * kMiB));
};

TEST_F(OlderWholeFileTest, OneThatIsShorterThanItsHeadersSayIsAskedForAgain) {
  archive_.put_bytes(url_, Bytes(file_.begin(), file_.begin() + kMiB), {.ranges = false});
  EXPECT_EQ(all_of(open()).size(), kMiB);
  age();
  archive_.put_bytes(url_, file_, {.ranges = false});
  EXPECT_EQ(all_of(open()), file_);
  EXPECT_EQ(archive_.fetch_count(), 2);
  restart();
  EXPECT_EQ(all_of(open()), file_);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(OlderWholeFileTest, OneThatAgreesWithItsHeadersIsKept) {
  archive_.put_bytes(url_, file_, {.ranges = false, .announce_length = false});
  ASSERT_TRUE(open());
  age();
  EXPECT_EQ(all_of(open()), file_);
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(OlderWholeFileTest, OneThatIsNoFitsFileIsKept) {
  dataset_.extension = ".txt";
  archive_.put_file(url_, kMiB, {.ranges = false});
  EXPECT_EQ(all_of(open()).size(), kMiB);
  age();
  EXPECT_EQ(all_of(open()).size(), kMiB);
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(WholeFileTest, TheFillOfTheLastBlockMayBeMissing) {
  const Bytes file = tests::bytes_of(tests::fits_of(kMiB, false));
  archive_.put_bytes(url_, file, {.ranges = false, .announce_length = false});
  EXPECT_EQ(all_of(open()), file);
}

}  // namespace
}  // namespace esofs::cache
