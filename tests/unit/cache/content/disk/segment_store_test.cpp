#include "cache/content/disk/segment_store.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <limits>
#include <optional>
#include <thread>
#include <vector>

#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPlenty = 1ULL << 40U;

Bytes chunk_of(std::uint64_t index, std::size_t size = kChunkBytes) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i + index * 31) % 251);
  return bytes;
}

class SegmentStoreTest : public ::testing::Test {
 protected:
  void reopen(std::uint64_t max_bytes = kPlenty, std::uint64_t reserve_bytes = 0) {
    store_.emplace(SegmentStore::Config{dir_.path(), max_bytes, reserve_bytes, false});
  }
  bool holds(std::uint64_t index, std::size_t size = kChunkBytes) {
    const auto chunk = store_->get(key_, index);
    return chunk && *chunk == chunk_of(index, size);
  }
  std::vector<fs::path> files() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::recursive_directory_iterator(dir_.path())) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
    return files;
  }
  fs::path only_file() const { return files().at(0); }
  static void flip(const fs::path& path, std::uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(static_cast<std::streamoff>(offset));
    const char byte = static_cast<char>(file.get());
    file.seekp(static_cast<std::streamoff>(offset));
    file.put(static_cast<char>(byte ^ 1));
  }

  tests::TempDir dir_;
  ContentKey key_{"fake|A|v1"};
  std::optional<SegmentStore> store_;
};

TEST_F(SegmentStoreTest, WhatWasPutIsThereAfterARestart) {
  reopen();
  EXPECT_TRUE(store_->put(key_, 0, chunk_of(0)));
  EXPECT_TRUE(store_->put(key_, 255, chunk_of(255)));
  EXPECT_TRUE(store_->put(key_, 256, chunk_of(256, 100)));
  EXPECT_EQ(files().size(), 2U);  // 256 chunks to a segment
  reopen();
  EXPECT_TRUE(holds(0));
  EXPECT_TRUE(holds(255));
  EXPECT_TRUE(holds(256, 100));
  EXPECT_EQ(store_->get(key_, 1), nullptr);
}

TEST_F(SegmentStoreTest, ARunOfChunksIsPutAtOnceAcrossSegments) {
  reopen();
  std::vector<Bytes> chunks;
  for (std::uint64_t i = 250; i < 260; ++i) chunks.push_back(chunk_of(i, i == 259 ? 100 : kChunkBytes));
  const std::vector<ChunkBytes> run(chunks.begin(), chunks.end());
  store_->put(key_, 252, chunk_of(252));
  EXPECT_TRUE(store_->put(key_, 250, run));
  EXPECT_EQ(store_->bytes(),
            9 * kChunkBytes + 100 + 2 * kChunksOffset);  // what was there is not counted twice
  reopen();
  for (std::uint64_t i = 250; i < 259; ++i) EXPECT_TRUE(holds(i)) << i;
  EXPECT_TRUE(holds(259, 100));
  EXPECT_EQ(store_->get(key_, 249), nullptr);
  EXPECT_EQ(store_->get(key_, 260), nullptr);
}

TEST_F(SegmentStoreTest, ASegmentIsSparse) {
  reopen();
  store_->put(key_, 200, chunk_of(200));
  store_->scan();
  EXPECT_LT(store_->bytes(), 4 * kChunkBytes);
}

TEST_F(SegmentStoreTest, AFlippedByteIsAMissAndTheChunkCanBePutAgain) {
  reopen();
  store_->put(key_, 3, chunk_of(3));
  store_->put(key_, 4, chunk_of(4));
  flip(only_file(), kChunksOffset + 3 * kChunkBytes + 1000);
  EXPECT_EQ(store_->get(key_, 3), nullptr);
  EXPECT_TRUE(holds(4));
  EXPECT_FALSE(store_->present(key_, 3, 1)[0]);  // dropped
  EXPECT_TRUE(store_->put(key_, 3, chunk_of(3)));
  EXPECT_TRUE(holds(3));
}

TEST_F(SegmentStoreTest, EveryFlippedBitOfAnEntryIsAMiss) {
  for (std::uint64_t byte = 0; byte < sizeof(ChunkEntry); ++byte) {
    reopen();
    store_->put(key_, 3, chunk_of(3));
    flip(only_file(), kEntriesOffset + 3 * sizeof(ChunkEntry) + byte);
    EXPECT_EQ(store_->get(key_, 3), nullptr) << byte;
    store_->forget(key_);
  }
}

TEST_F(SegmentStoreTest, ADamagedHeadMakesTheSegmentMissingUntilItIsReplaced) {
  for (std::uint64_t byte = 0; byte < sizeof(SegmentHead) + key_.text().size(); ++byte) {
    reopen();
    store_->put(key_, 3, chunk_of(3));
    flip(only_file(), byte);
    reopen();
    EXPECT_EQ(store_->get(key_, 3), nullptr) << byte;
    EXPECT_TRUE(store_->put(key_, 4, chunk_of(4)));
    EXPECT_TRUE(holds(4));
    store_->forget(key_);
  }
}

TEST_F(SegmentStoreTest, TruncatedAndGarbageSegmentsAreMisses) {
  for (const std::uint64_t size : {0, 10, 5000, 8192, 8192 + 3 * 65536 + 17}) {
    reopen();
    store_->put(key_, 3, chunk_of(3));
    fs::resize_file(only_file(), size);
    reopen();
    EXPECT_EQ(store_->get(key_, 3), nullptr) << size;
    EXPECT_TRUE(store_->put(key_, 3, chunk_of(3)));
    EXPECT_TRUE(holds(3));
  }
  std::ofstream(only_file(), std::ios::trunc) << std::string(100'000, 'x');
  reopen();
  EXPECT_EQ(store_->get(key_, 3), nullptr);
}

TEST_F(SegmentStoreTest, ASegmentOfAnotherContentUnderTheSameNameIsNotTakenForThisOne) {
  reopen();
  store_->put(key_, 3, chunk_of(3));
  const fs::path mine = only_file();
  const ContentKey other("fake|B|v1");
  store_->put(other, 3, chunk_of(77));
  for (const auto& path : files()) {
    if (path != mine) fs::copy_file(path, mine, fs::copy_options::overwrite_existing);
  }
  reopen();
  EXPECT_EQ(store_->get(key_, 3), nullptr);
}

TEST_F(SegmentStoreTest, AChunkCopiedToAnotherPlaceIsAMiss) {
  reopen();
  store_->put(key_, 3, chunk_of(3));
  std::vector<char> bytes(kChunkBytes);
  std::vector<char> entry(sizeof(ChunkEntry));
  std::fstream file(only_file(), std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(kChunksOffset + 3 * kChunkBytes)).read(bytes.data(), kChunkBytes);
  file.seekg(kEntriesOffset + 3 * sizeof(ChunkEntry)).read(entry.data(), sizeof(ChunkEntry));
  file.seekp(static_cast<std::streamoff>(kChunksOffset + 5 * kChunkBytes)).write(bytes.data(), kChunkBytes);
  file.seekp(kEntriesOffset + 5 * sizeof(ChunkEntry)).write(entry.data(), sizeof(ChunkEntry));
  file.close();
  EXPECT_EQ(store_->get(key_, 5), nullptr);
  EXPECT_TRUE(holds(3));
}

TEST_F(SegmentStoreTest, TwoStoresOfOneDirectoryShareWhatTheyPut) {
  reopen();
  SegmentStore second({dir_.path(), kPlenty, 0, false});
  for (std::uint64_t i = 0; i < 20; ++i)
    EXPECT_TRUE((i % 2 == 0 ? *store_ : second).put(key_, i, chunk_of(i)));
  for (std::uint64_t i = 0; i < 20; ++i) {
    EXPECT_TRUE(holds(i));
    EXPECT_NE(second.get(key_, i), nullptr);
  }
}

TEST_F(SegmentStoreTest, ASegmentThatAnotherProcessEvictedIsMadeAgain) {
  reopen();
  SegmentStore second({dir_.path(), kPlenty, 0, false});
  store_->put(key_, 0, chunk_of(0));
  second.forget(key_);
  EXPECT_TRUE(store_->put(key_, 1, chunk_of(1)));
  EXPECT_NE(second.get(key_, 1), nullptr);
}

TEST_F(SegmentStoreTest, TheQuotaIsKeptByDroppingWhatWasUsedLongestAgo) {
  const std::uint64_t segment = kChunkBytes + kChunksOffset;
  reopen(5 * segment);
  for (std::uint64_t i = 0; i < 5; ++i)
    store_->put(key_, i * kChunksPerSegment, chunk_of(i * kChunksPerSegment));
  EXPECT_TRUE(holds(0));  // used again
  store_->put(key_, 5 * kChunksPerSegment, chunk_of(5));
  EXPECT_LE(store_->bytes(), 5 * segment);
  EXPECT_TRUE(holds(0));
  EXPECT_EQ(store_->get(key_, kChunksPerSegment), nullptr);
  EXPECT_GE(store_->evicted().for_quota.segments, 1U);
  EXPECT_GE(store_->evicted().for_quota.bytes, kChunkBytes);
  EXPECT_EQ(store_->evicted().for_room.segments, 0U);
}

TEST_F(SegmentStoreTest, WhatMakesRoomOnTheDiskIsCountedAsSuch) {
  reopen();
  store_->put(key_, 0, chunk_of(0));
  reopen(kPlenty, std::numeric_limits<std::uint64_t>::max() / 2);
  store_->scan();
  store_->put(key_, kChunksPerSegment, chunk_of(1));
  EXPECT_EQ(store_->evicted().for_room.segments, 1U);
  EXPECT_EQ(store_->evicted().for_quota.segments, 0U);
}

TEST_F(SegmentStoreTest, AfterARestartTheQuotaCountsWhatWasThere) {
  reopen();
  for (std::uint64_t i = 0; i < 8; ++i) store_->put(key_, i * kChunksPerSegment, chunk_of(i));
  reopen(3 * (kChunkBytes + kChunksOffset));
  EXPECT_EQ(store_->bytes(), 0U);  // usable before anything is known
  store_->scan();
  EXPECT_LE(store_->bytes(), 3 * (kChunkBytes + kChunksOffset));
  EXPECT_LE(files().size(), 3U);
}

TEST_F(SegmentStoreTest, WhatIsPinnedIsNotEvicted) {
  const std::uint64_t segment = kChunkBytes + kChunksOffset;
  reopen(2 * segment);
  const auto pin = store_->pin(key_);
  store_->put(key_, 0, chunk_of(0));
  const ContentKey other("fake|B|v1");
  for (std::uint64_t i = 0; i < 5; ++i) store_->put(other, i * kChunksPerSegment, chunk_of(i));
  EXPECT_TRUE(holds(0));
}

TEST_F(SegmentStoreTest, BelowTheFloorOfFreeSpaceNothingIsKept) {
  reopen(kPlenty, std::numeric_limits<std::uint64_t>::max() / 2);
  EXPECT_FALSE(store_->put(key_, 0, chunk_of(0)));
  EXPECT_FALSE(store_->usable());
  EXPECT_EQ(store_->get(key_, 0), nullptr);
  EXPECT_TRUE(files().empty());
}

TEST_F(SegmentStoreTest, ADiskThatFailsInTheMiddleOfAChunkLeavesItMissing) {
  reopen();
  store_->put(key_, 0, chunk_of(0));
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  struct rlimit small = before;
  small.rlim_cur = kChunksOffset + kChunkBytes + 1000;  // chunk 1 does not fit
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const bool kept = store_->put(key_, 1, chunk_of(1));
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, ignored);
  EXPECT_FALSE(kept);
  EXPECT_FALSE(store_->usable());
  reopen();
  EXPECT_TRUE(holds(0));
  EXPECT_EQ(store_->get(key_, 1), nullptr);
}

TEST_F(SegmentStoreTest, ADiskThatFailsInTheMiddleOfARunLeavesAllOfItMissing) {
  reopen();
  struct rlimit before {};
  ::getrlimit(RLIMIT_FSIZE, &before);
  struct rlimit small = before;
  small.rlim_cur = kChunksOffset + 2 * kChunkBytes + 1000;
  const std::vector<Bytes> chunks{chunk_of(0), chunk_of(1), chunk_of(2), chunk_of(3)};
  const std::vector<ChunkBytes> run(chunks.begin(), chunks.end());
  const auto ignored = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &small);
  const bool kept = store_->put(key_, 0, run);
  ::setrlimit(RLIMIT_FSIZE, &before);
  ::signal(SIGXFSZ, ignored);
  EXPECT_FALSE(kept);
  reopen();
  for (std::uint64_t i = 0; i < 4; ++i) EXPECT_EQ(store_->get(key_, i), nullptr) << i;
}

TEST_F(SegmentStoreTest, AStoreWithoutADirectoryIsSkipped) {
  std::ofstream(dir_ / "file") << "in the way";
  SegmentStore store({dir_ / "file", kPlenty, 0, false});
  EXPECT_FALSE(store.usable());
  EXPECT_FALSE(store.put(key_, 0, chunk_of(0)));
  EXPECT_EQ(store.get(key_, 0), nullptr);
}

TEST_F(SegmentStoreTest, LeftoversOfKilledWritersAreRemoved) {
  reopen();
  store_->put(key_, 0, chunk_of(0));
  const fs::path leftover = only_file().string() + ".1-1.tmp";
  std::ofstream(leftover) << "x";
  fs::last_write_time(leftover, fs::file_time_type::clock::now() - std::chrono::hours(2));
  store_->scan();
  EXPECT_FALSE(fs::exists(leftover));
}

TEST_F(SegmentStoreTest, CachedBytesAreThoseOfTheChunksHere) {
  reopen();
  const std::uint64_t size = 300 * kChunkBytes + 7;
  store_->put(key_, 2, chunk_of(2));
  store_->put(key_, 300, chunk_of(300, 7));
  EXPECT_EQ(store_->cached_bytes(key_, size), kChunkBytes + 7);
}

// Three processes write the same content until they are killed: what is left is right, or missing.
TEST_F(SegmentStoreTest, AfterKillingWritersEveryChunkIsRightOrMissing) {
  for (int round = 0; round < 3; ++round) {
    std::vector<pid_t> writers;
    std::array<int, 2> begun{};
    ASSERT_EQ(::pipe(begun.data()), 0);
    for (int writer = 0; writer < 3; ++writer) {
      const pid_t pid = ::fork();
      if (pid == 0) {
        SegmentStore store({dir_.path(), kPlenty, 0, false});
        for (std::uint64_t i = 0;; ++i) {
          store.put(key_, i % 600, chunk_of(i % 600));
          if (i == 50 && ::write(begun[1], "x", 1) != 1) ::_exit(1);
          if (i % 600 == 599) store.forget(key_);
        }
      }
      writers.push_back(pid);
    }
    char token = 0;
    for (std::size_t i = 0; i < writers.size(); ++i) ASSERT_EQ(::read(begun[0], &token, 1), 1);
    for (const pid_t pid : writers) ::kill(pid, SIGKILL);
    for (const pid_t pid : writers) ::waitpid(pid, nullptr, 0);
    ::close(begun[0]);
    ::close(begun[1]);
    reopen();
    for (std::uint64_t i = 0; i < 600; ++i) {
      const auto chunk = store_->get(key_, i);
      EXPECT_TRUE(!chunk || *chunk == chunk_of(i)) << i;
    }
  }
}

// Two mounts on one directory: each learns of the other's segments while it puts its own.
TEST_F(SegmentStoreTest, WhatAnotherProcessPutIsCountedWithoutARestart) {
  constexpr std::uint64_t kQuota = 16 * kChunkBytes;
  const ContentKey earlier{"fake|A|v0"};
  const ContentKey others{"fake|B|v1"};
  reopen(kQuota);
  ASSERT_TRUE(store_->put(earlier, 0, chunk_of(0)));
  SegmentStore mine({dir_.path(), kQuota, 0, true});
  const auto until = std::chrono::steady_clock::now() + tests::kPatience;
  while (mine.cached_bytes(earlier, kQuota) == 0 && std::chrono::steady_clock::now() < until)
    std::this_thread::yield();  // the scan of the start
  for (std::uint64_t i = 0; i < 4; ++i) ASSERT_TRUE(store_->put(others, i, chunk_of(i)));
  std::uint64_t put = 0;
  while (mine.cached_bytes(others, kQuota) < 4 * kChunkBytes && std::chrono::steady_clock::now() < until) {
    ASSERT_TRUE(mine.put(key_, put % 4, chunk_of(put % 4)));
    if (++put % 4 == 0) mine.forget(key_);
    std::this_thread::yield();
  }
  EXPECT_GE(mine.cached_bytes(others, kQuota), 4 * kChunkBytes);
}

}  // namespace
}  // namespace esofs::cache
