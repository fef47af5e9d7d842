#include "cache/content/cached_file_transfer.h"

#include <gtest/gtest.h>

#include <map>
#include <stop_token>

#include "tests/support/fake_archive.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

using namespace std::chrono_literals;
using tests::FakeArchive;

const std::string kUrl = "http://archive/f";

// The file of one transfer, of which other transfers bring chunks as well.
class OneFile : public TransferHost {
 public:
  Chunk here(std::uint64_t /*index*/) override { return nullptr; }
  std::string url() override { return kUrl; }
  bool awaited_else_unwritten(std::uint64_t /*index*/, const Chunk& /*chunk*/) override { return true; }
  void written(std::uint64_t /*first*/, std::uint64_t /*count*/) override {}
  void land(Transfer* transfer, std::uint64_t index, const Chunk& chunk) override {
    transfer->next = index + 1;
    chunks[index] = chunk;
  }
  std::uint64_t landed() override { return chunks.size() + (others_come ? ++others_ : 0); }
  void answered(const AnswerTimes& /*times*/) override {}

  std::map<std::uint64_t, Chunk> chunks;
  bool others_come = false;

 private:
  std::uint64_t others_ = 0;
};

class TransferTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kChunks = 8;

  TransferTest() {
    archive_.put_file(kUrl, kChunks * kChunkBytes);
    parts_.now = [] { return 1000; };
    parts_.retry_pause = 0ms;
  }
  ~TransferTest() override { parts_.gate.close(); }

  Result<void> run() {
    Turn turn{std::stop_token()};
    Transfer transfer{0, kChunks, false};
    const RangedFile file{ContentKey("fake|f|v1"), kUrl, kUrl, "v1", kChunks * kChunkBytes, false};
    return run_transfer(parts_, file, host_, transfer, turn);
  }
  void fail(int times) { archive_.fail_next(FakeArchive::Op::kFetch, Error(EIO, "HTTP 500"), times); }

  tests::TempDir dir_;
  FakeArchive archive_;
  Lane lane_{"test", 1};
  ContentParts parts_{archive_, lane_, SegmentStore::Config{dir_.path(), 1ULL << 40U, 0, false},
                      16ULL << 20U};
  OneFile host_;
};

TEST_F(TransferTest, AServerThatGivesNothingIsLeftAfterThreeRequests) {
  fail(-1);
  EXPECT_FALSE(run());
  EXPECT_EQ(archive_.fetch_count(), 3);
}

TEST_F(TransferTest, AServerThatGivesOtherChunksIsAskedOn) {
  host_.others_come = true;
  fail(9);
  EXPECT_TRUE(run());
  EXPECT_EQ(host_.chunks.size(), kChunks);
  EXPECT_EQ(archive_.fetch_count(), 10);
}

TEST_F(TransferTest, AChunkThatAlwaysFailsIsGivenUpThoughOthersCome) {
  host_.others_come = true;
  fail(-1);
  EXPECT_FALSE(run());
  EXPECT_EQ(archive_.fetch_count(), 10);
}

TEST_F(TransferTest, AnAnswerThatAlwaysBreaksOffAfterAChunkGoesOn) {
  archive_.fail_after(kUrl, kChunkBytes + 1, Error(EIO, "cut"), -1);
  EXPECT_TRUE(run());
  EXPECT_EQ(host_.chunks.size(), kChunks);
  EXPECT_LE(archive_.fetch_count(), static_cast<int>(kChunks));
}

}  // namespace
}  // namespace esofs::cache
