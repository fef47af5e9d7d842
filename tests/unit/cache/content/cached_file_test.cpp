#include "cache/content/cached_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <future>
#include <optional>
#include <random>
#include <set>

#include "tests/support/fake_archive.h"
#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

using namespace std::chrono_literals;
using tests::FakeArchive;
using tests::kPatience;

constexpr std::uint64_t kMiB = 1ULL << 20U;
constexpr std::uint64_t kGiant = 300'000'000'000;
const std::string kUrl = "http://archive/f";

class CachedFileTest : public ::testing::Test {
 protected:
  ~CachedFileTest() override {
    archive_.release();
    if (parts_) parts_->gate.close();
  }

  void make(std::uint64_t size, FakeArchive::FileOptions options = {}) {
    archive_.put_file(kUrl, size, std::move(options));
    remake(size);
  }
  void remake(std::uint64_t size) {
    if (parts_) parts_->gate.close();
    SegmentStore::Config disk{directory_, 1ULL << 40U, 0, false};
    parts_ = std::make_shared<ContentParts>(archive_, lane_, disk, memory_bytes_);
    parts_->now = [this] { return now_.load(); };
    parts_->retry_pause = 1ms;
    CachedFile::About about{ContentKey("fake|f|v1"), kUrl, kUrl, "v1", size, false};
    file_ = std::make_shared<CachedFile>(parts_, about, [this](const Error&, bool) { ++stale_; });
    file_->add_handle();
  }

  struct Asked {
    std::future<Result<Bytes>> answer;
    Cancel cancel;
  };
  Asked ask(std::uint64_t offset, std::size_t size, const Cause& cause = {}) {
    auto promise = std::make_shared<std::promise<Result<Bytes>>>();
    auto cancel = file_->read(
        offset, size, AskedBy(cause, [promise](Result<Bytes> r) { promise->set_value(std::move(r)); }));
    return {promise->get_future(), std::move(cancel)};
  }
  static Result<Bytes> answer(Asked& asked) {
    if (asked.answer.wait_for(kPatience) != std::future_status::ready)
      return Error(ETIMEDOUT, "never answered");
    return asked.answer.get();
  }
  Result<Bytes> read(std::uint64_t offset, std::size_t size) {
    auto asked = ask(offset, size);
    return answer(asked);
  }
  void expect_bytes(std::uint64_t offset, std::size_t size, unsigned salt = 0) {
    auto bytes = read(offset, size);
    ASSERT_TRUE(bytes) << bytes.error().what();
    EXPECT_EQ(*bytes, FakeArchive::bytes_at(offset, size, salt)) << "at " << offset;
  }
  int error_of(std::uint64_t offset, std::size_t size) {
    auto bytes = read(offset, size);
    return bytes ? 0 : bytes.error().code();
  }

  tests::TempDir dir_;
  std::filesystem::path directory_ = dir_.path();
  std::uint64_t memory_bytes_ = 16 * kMiB;
  FakeArchive archive_;
  Lane lane_{"test", 4, 16};
  std::atomic<std::int64_t> now_ = 1000;
  std::atomic<int> stale_ = 0;
  std::shared_ptr<ContentParts> parts_;
  std::shared_ptr<CachedFile> file_;
};

TEST_F(CachedFileTest, RandomReadsReturnTheBytesOfTheFile) {
  const std::uint64_t size = 20 * kMiB + 12345;
  make(size);
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::uint64_t offset = random() % size;
    const std::size_t wanted = 1 + random() % (i % 50 == 0 ? 3 * kMiB : 20000);
    expect_bytes(offset, std::min<std::uint64_t>(wanted, size - offset));
    if (HasFailure()) return;
  }
  EXPECT_LE(archive_.fetched_bytes(), size + kMiB);  // each chunk once
}

TEST_F(CachedFileTest, AReadIsCutAtTheEndOfTheFile) {
  make(100'000);
  auto bytes = read(99'990, 500);
  ASSERT_TRUE(bytes);
  EXPECT_EQ(*bytes, FakeArchive::bytes_at(99'990, 10));
  EXPECT_EQ(read(100'000, 10)->size(), 0U);
  EXPECT_EQ(read(1ULL << 60U, 10)->size(), 0U);
  EXPECT_EQ(read(5, 0)->size(), 0U);
}

TEST_F(CachedFileTest, FarIntoAGiantOnlyTheChunksReadAreFetched) {
  make(kGiant);
  expect_bytes(kGiant - 100, 100);
  expect_bytes(299'000'000'000, 2880);
  expect_bytes(0, 2880);
  EXPECT_LE(archive_.fetched_bytes(), 4 * kChunkBytes);
  EXPECT_EQ(archive_.fetch_count(), 3);
}

TEST_F(CachedFileTest, WhatWasReadIsNotFetchedAgain) {
  make(10 * kMiB);
  expect_bytes(100, 200'000);
  const int before = archive_.fetch_count();
  expect_bytes(150, 199'000);
  remake(10 * kMiB);  // after a restart, from the disk
  expect_bytes(100, 200'000);
  EXPECT_EQ(archive_.fetch_count(), before);
}

TEST_F(CachedFileTest, AtHandIsWhatIsHereOrOnItsWay) {
  make(10 * kMiB);
  EXPECT_FALSE(file_->at_hand(0, 1));
  EXPECT_TRUE(file_->at_hand(10 * kMiB, 1)) << "behind the end there is nothing to ask for";
  archive_.hold();
  auto first = ask(0, 10);
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_TRUE(file_->at_hand(0, 65536));
  EXPECT_FALSE(file_->at_hand(65535, 2));
  archive_.release();
  ASSERT_TRUE(answer(first));
  EXPECT_TRUE(file_->at_hand(100, 100));
  remake(10 * kMiB);
  EXPECT_TRUE(file_->at_hand(100, 100)) << "from the disk";
  EXPECT_FALSE(file_->at_hand(65536, 1));
}

TEST_F(CachedFileTest, ReadersOfOneChunkShareOneTransfer) {
  make(10 * kMiB);
  archive_.hold();
  std::vector<Asked> asked;
  for (int i = 0; i < 200; ++i) asked.push_back(ask(5000 + static_cast<unsigned>(i), 10));
  ASSERT_TRUE(archive_.wait_held());
  archive_.release();
  for (int i = 0; i < 200; ++i) {
    auto bytes = answer(asked[static_cast<std::size_t>(i)]);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(*bytes, FakeArchive::bytes_at(5000 + static_cast<unsigned>(i), 10));
  }
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(CachedFileTest, AReaderIsAnsweredWhenItsChunkIsHereNotWhenTheTransferEnds) {
  make(10 * kMiB);
  archive_.hold(kUrl, kChunkBytes);
  auto large = ask(0, 8 * kChunkBytes);
  ASSERT_TRUE(archive_.wait_held());
  expect_bytes(10, 1000);  // of the first chunk
  EXPECT_EQ(large.answer.wait_for(0s), std::future_status::timeout);
  archive_.release();
  EXPECT_TRUE(answer(large));
}

TEST_F(CachedFileTest, ALargeReadGoesOverSeveralTransfersOfAtLeastAMegabyte) {
  make(64 * kMiB);
  expect_bytes(0, 8 * kMiB);
  EXPECT_GE(archive_.fetch_count(), 4);  // the lane is four wide; one that ends early makes room for another
  EXPECT_LE(archive_.fetch_count(), 8);
}

TEST_F(CachedFileTest, WhileTheWindowOfAReaderGrowsATransferTakesAShareOfIt) {
  make(64 * kMiB);
  for (std::uint64_t at = 0; at < kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  for (const auto& fetch : archive_.fetches()) EXPECT_LE(fetch.range->size, kMiB / 4);
}

TEST_F(CachedFileTest, ASequentialReaderIsReadAheadOf) {
  make(64 * kMiB);
  for (std::uint64_t at = 0; at < 16 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  EXPECT_GT(archive_.fetched_bytes(), 17 * kMiB);
  EXPECT_LT(archive_.fetch_count(), 60);  // 128 reads
}

TEST_F(CachedFileTest, ATransferKnowsForWhichProgramItIs) {
  make(64 * kMiB);
  const Cause reader{::getpid(), 1000, Operation::kRead};
  for (std::uint64_t at = 0; at < 4 * kMiB; at += 128 * 1024) {
    auto asked = ask(at, 128 * 1024, reader);
    ASSERT_TRUE(answer(asked));
  }
  std::set<Operation> operations;
  for (const Cause& cause : archive_.fetch_causes()) {
    EXPECT_EQ(cause.pid, ::getpid());
    EXPECT_EQ(cause.user, 1000U);
    EXPECT_FALSE(cause.program().empty());
    operations.insert(cause.operation);
  }
  EXPECT_EQ(operations, (std::set{Operation::kRead, Operation::kAhead}));
}

TEST_F(CachedFileTest, WhatIsAskedForAheadIsReadOrDropped) {
  make(64 * kMiB);
  const AheadCounts& ahead = parts_->counters.ahead;
  expect_bytes(0, 128 * 1024);
  EXPECT_EQ(ahead.asked, 0U);
  for (std::uint64_t at = 0; at < 8 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  EXPECT_GT(ahead.asked, 8 * kMiB);
  EXPECT_GT(ahead.used, 6 * kMiB);
  EXPECT_LE(ahead.used, 8 * kMiB);
  EXPECT_EQ(ahead.dropped, 0U);
  file_->drop_handle();
  parts_->gate.close();  // no transfer is under way any more
  EXPECT_GT(ahead.dropped, 0U);
  EXPECT_LE(ahead.used + ahead.dropped, ahead.asked);
}

TEST_F(CachedFileTest, WhatIsStoppedBeforeItComesIsDropped) {
  make(kGiant);
  for (std::uint64_t at = 0; at < 2 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  archive_.hold();
  for (std::uint64_t at = 2 * kMiB; at < 8 * kMiB; at += 128 * 1024) ask(at, 128 * 1024);
  const AheadCounts& ahead = parts_->counters.ahead;
  file_->expire(Error(ESTALE, "another version"));
  EXPECT_EQ(ahead.used + ahead.dropped, ahead.asked);
  archive_.release();
}

TEST_F(CachedFileTest, ATransferThatIsTakenUpIsCounted) {
  make(4 * kMiB);
  archive_.fail_after(kUrl, 100'000, Error(EIO, "broke off"));
  expect_bytes(0, kMiB);
  EXPECT_EQ(parts_->counters.resumed, 1U);
}

TEST_F(CachedFileTest, WhatWasReadAheadIsOnTheDiskToo) {
  make(16 * kMiB + 100);
  for (std::uint64_t at = 0; at < 16 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  const int before = archive_.fetch_count();
  remake(16 * kMiB + 100);
  for (std::uint64_t at = 0; at < 16 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  EXPECT_EQ(archive_.fetch_count(), before);
}

TEST_F(CachedFileTest, ReadAheadIsBounded) {
  make(kGiant);
  parts_->read_ahead_bytes = 4 * kMiB;
  file_ = std::make_shared<CachedFile>(
      parts_, CachedFile::About{file_->key(), kUrl, kUrl, "v1", kGiant, false}, nullptr);
  for (std::uint64_t at = 0; at < 40 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  EXPECT_LE(archive_.fetched_bytes(), 45 * kMiB);
  EXPECT_LE(parts_->memory.bytes(), memory_bytes_);
}

TEST_F(CachedFileTest, MoreThanMemoryHoldsIsReadAheadWhereADiskKeepsIt) {
  memory_bytes_ = 2 * kMiB;
  make(64 * kMiB);
  for (std::uint64_t at = 0; at < 64 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  // What had to leave the memory was not fetched again; a transfer that made way for a reader lost some of what was under way.
  EXPECT_LE(archive_.fetched_bytes(), 80 * kMiB);
  EXPECT_LE(parts_->memory.bytes(), memory_bytes_);
}

TEST_F(CachedFileTest, WithoutADiskReadAheadIsBoundedByTheMemory) {
  directory_ = "/dev/null/nowhere";
  make(kGiant);
  for (std::uint64_t at = 0; at < 8 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  EXPECT_LE(archive_.fetched_bytes(), 8 * kMiB + memory_bytes_ / 4 + kMiB);
  EXPECT_LE(parts_->memory.bytes(), memory_bytes_);
}

TEST_F(CachedFileTest, ATransferThatBreaksOffIsTakenUpWhereItBroke) {
  make(10 * kMiB);
  archive_.fail_after(kUrl, 3 * kChunkBytes + 100, Error(EIO, "cut"));
  expect_bytes(0, 8 * kChunkBytes);
  const auto fetches = archive_.fetches();
  ASSERT_EQ(fetches.size(), 2U);
  EXPECT_EQ(fetches[1].range->first, 3 * kChunkBytes);
}

TEST_F(CachedFileTest, AFailureIsToldToAllAndRememberedForAWhile) {
  make(10 * kMiB);
  archive_.fail_next(FakeArchive::Op::kFetch, Error(ETIMEDOUT, "silent"), -1);
  EXPECT_EQ(error_of(0, 100), ETIMEDOUT);
  const int before = archive_.fetch_count();
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(error_of(50, 100), ETIMEDOUT);
  EXPECT_EQ(archive_.fetch_count(), before);
  archive_.clear_failures();
  now_ += 6;
  expect_bytes(0, 100);
}

TEST_F(CachedFileTest, AFailureOfOneChunkLeavesTheOthersReadable) {
  make(10 * kMiB);
  expect_bytes(0, 100);
  archive_.fail_next(FakeArchive::Op::kFetch, Error(EIO, "no"), -1);
  EXPECT_EQ(error_of(5 * kMiB, 100), EIO);
  expect_bytes(0, 100);
}

TEST_F(CachedFileTest, AnotherVersionIsStaleForGoodAndItsBlocksAreDropped) {
  make(10 * kMiB);
  expect_bytes(0, 100);
  archive_.put_file(kUrl, 10 * kMiB, {.validator = "v2", .salt = 7});
  EXPECT_EQ(error_of(5 * kMiB, 100), ESTALE);
  EXPECT_EQ(error_of(0, 100), ESTALE);
  EXPECT_EQ(stale_, 1);
  EXPECT_TRUE(file_->expired());
  EXPECT_EQ(parts_->segments.get(file_->key(), 0), nullptr);
}

TEST_F(CachedFileTest, AnotherSizeIsStale) {
  make(10 * kMiB, {.validator = ""});
  archive_.put_file(kUrl, 10 * kMiB + 1, {.validator = ""});
  EXPECT_EQ(error_of(0, 100), ESTALE);
}

TEST_F(CachedFileTest, AnArchiveThatStopsSendingRangesIsStale) {
  make(10 * kMiB);
  archive_.put_file(kUrl, 10 * kMiB, {.ranges = false});
  EXPECT_EQ(error_of(5 * kMiB, 100), ESTALE);
}

TEST_F(CachedFileTest, ACancelledReadEndsAtOnceAndStopsItsLonelyTransfer) {
  make(64 * kMiB);
  archive_.hold();
  auto asked = ask(0, kMiB);
  ASSERT_TRUE(archive_.wait_held());
  asked.cancel();
  ASSERT_EQ(asked.answer.wait_for(0s), std::future_status::ready);
  EXPECT_EQ(asked.answer.get().error().code(), EINTR);
  asked.cancel();  // again: nothing
  archive_.hold(kUrl, 1);
  archive_.release();
  expect_bytes(0, 100);
  EXPECT_LT(archive_.fetched_bytes(), kMiB);
}

TEST_F(CachedFileTest, ACancelLeavesTheOtherReadersOfATransferAlone) {
  make(64 * kMiB);
  archive_.hold();
  auto first = ask(0, kMiB);
  ASSERT_TRUE(archive_.wait_held());
  auto second = ask(0, kMiB);
  first.cancel();
  archive_.release();
  EXPECT_EQ(answer(first).error().code(), EINTR);
  EXPECT_TRUE(answer(second));
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(CachedFileTest, ManyReadsPendingOnASilentServerDoNotDelayOthers) {
  make(kGiant);
  archive_.hold(kUrl);
  std::vector<Asked> asked;
  for (std::uint64_t i = 0; i < 200; ++i) asked.push_back(ask(i * 100 * kMiB, 10));
  ASSERT_TRUE(archive_.wait_held(4));
  EXPECT_LE(lane_.load().queued, 0U);
  EXPECT_LE(lane_.load().running, 4);
  archive_.put_file("http://archive/g", kMiB);
  auto other = std::make_shared<CachedFile>(
      parts_, CachedFile::About{ContentKey("fake|g|v1"), "http://archive/g", "g", "v1", kMiB, false},
      nullptr);
  auto promise = std::make_shared<std::promise<Result<Bytes>>>();
  other->read(0, 100, [promise](Result<Bytes> r) { promise->set_value(std::move(r)); });
  auto future = promise->get_future();
  ASSERT_EQ(future.wait_for(kPatience), std::future_status::ready);
  EXPECT_TRUE(future.get());
  archive_.release();
  for (auto& each : asked) EXPECT_TRUE(answer(each));
}

TEST_F(CachedFileTest, AByteThatTheDiskHasChangedIsFetchedAgain) {
  make(10 * kMiB);
  expect_bytes(0, 100);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(dir_.path())) {
    if (!entry.is_regular_file()) continue;
    UniqueFd fd(::open(entry.path().c_str(), O_WRONLY));
    ASSERT_EQ(::pwrite(fd.get(), "XXXX", 4, kChunksOffset + 30), 4);
  }
  remake(10 * kMiB);
  expect_bytes(0, 100);
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(CachedFileTest, WithoutADiskTheFileIsReadAllTheSame) {
  directory_ = "/dev/null/nowhere";
  make(40 * kMiB);
  for (std::uint64_t at = 0; at < 40 * kMiB; at += kMiB) expect_bytes(at, kMiB);
  expect_bytes(0, kMiB);  // has left the memory, is fetched again
  EXPECT_LE(parts_->memory.bytes(), memory_bytes_);
}

TEST_F(CachedFileTest, ClosingTheFileStopsWhatIsReadAhead) {
  make(kGiant);
  for (std::uint64_t at = 0; at < 4 * kMiB; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  archive_.hold();
  for (std::uint64_t at = 4 * kMiB; at < 5 * kMiB; at += 128 * 1024) ask(at, 128 * 1024);
  file_->drop_handle();
  archive_.release();
  file_->add_handle();
  expect_bytes(kGiant / 2, 100);
  EXPECT_LE(archive_.fetched_bytes(), 16 * kMiB);
}

TEST_F(CachedFileTest, AReaderThatGoesOnAfterTheFileWasClosedIsReadAheadOf) {
  make(kGiant);
  const auto read_on = [this](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t at = from; at < to; at += 128 * 1024) expect_bytes(at, 128 * 1024);
  };
  read_on(0, 16 * kMiB);
  archive_.hold();
  for (std::uint64_t at = 16 * kMiB; at < 28 * kMiB; at += 128 * 1024) ask(at, 128 * 1024);
  file_->drop_handle();  // what was asked for ahead of these reads will not come
  archive_.release();
  file_->add_handle();
  const int before = archive_.fetch_count();
  read_on(28 * kMiB, 36 * kMiB);
  EXPECT_LT(archive_.fetch_count() - before, 60);  // one for each of 64 reads, where nothing is read ahead
}

TEST_F(CachedFileTest, EndingTheCacheAnswersAllReaders) {
  make(kGiant);
  archive_.hold();
  std::vector<Asked> asked;
  for (std::uint64_t i = 0; i < 50; ++i) asked.push_back(ask(i * 100 * kMiB, 10));
  ASSERT_TRUE(archive_.wait_held(4));
  parts_->gate.close();
  for (auto& each : asked) {
    auto bytes = answer(each);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().code(), EIO);
  }
}

TEST_F(CachedFileTest, AChunkThatIsExpectedIsWaitedForAndAskedForWhereItIsLost) {
  make(10 * kMiB);
  file_->expect(3);
  auto asked = ask(3 * kChunkBytes, 10);
  EXPECT_EQ(asked.answer.wait_for(0s), std::future_status::timeout);
  EXPECT_EQ(archive_.fetch_count(), 0);
  file_->lost(3);
  EXPECT_TRUE(answer(asked));
  file_->expect(4);
  auto second = ask(4 * kChunkBytes, 10);
  file_->arrived(4, std::make_shared<Bytes>(FakeArchive::bytes_at(4 * kChunkBytes, kChunkBytes)));
  EXPECT_TRUE(answer(second));
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(CachedFileTest, ARangeThatTheServerFailsOnOnceIsAskedForAgain) {
  make(10 * kMiB);
  expect_bytes(0, 100);
  archive_.fail_next(FakeArchive::Op::kFetch, Error(EIO, "HTTP 500"), 2);
  expect_bytes(5 * kMiB, 100);
}

TEST_F(CachedFileTest, AFileThatIsGoneIsEioToItsReaders) {
  make(10 * kMiB);
  expect_bytes(0, 100);
  archive_.remove_file(kUrl);
  EXPECT_EQ(error_of(5 * kMiB, 100), EIO);
  EXPECT_EQ(error_of(5 * kMiB, 100), EIO) << "told again without a request";
}

TEST_F(CachedFileTest, PartsThatAreShorterThanAskedForArePutTogether) {
  for (const std::uint64_t most : {4096U, 65'535U, 65'536U, 100'000U}) {
    make(3 * kMiB + 5, {.most_part = most});
    expect_bytes(0, 3 * kMiB + 5);
    parts_->forget(file_->key());
  }
}

TEST_F(CachedFileTest, PartsOfNextToNothingAreAFailure) {
  make(kMiB, {.most_part = 1});
  const int before = archive_.fetch_count();
  EXPECT_EQ(error_of(0, 100), EIO);
  EXPECT_LE(archive_.fetch_count(), before + 3);
}

}  // namespace
}  // namespace esofs::cache
