// The plain forms of large streams (.Z, .gz, .bz2) through a FileCache: what they move, and what they give.
#include "cache/content/plain/unpacked_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <thread>

#include "tests/support/fits_bytes.h"
#include "tests/support/streams.h"
#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using tests::Extend;

constexpr std::size_t kBlock = 2880;
constexpr std::size_t kLarge = 800 * kBlock;  // 2.3 MB, packed more than 1 MiB
constexpr const char* kLzw = "A.fits.Z";
constexpr const char* kGzip = "A.fits.gz";
constexpr const char* kBzip2 = "A.fits.bz2";

// Packing takes longer than the tests.
const Bytes& packed_as(const std::string& name, const Bytes& plain) {
  static std::map<std::pair<std::string, Bytes>, Bytes> made;
  auto& packed = made[{name, plain}];
  if (!packed.empty()) return packed;
  return packed = tests::packed_by(name == kGzip    ? ARCHIVE_FILTER_GZIP
                                   : name == kBzip2 ? ARCHIVE_FILTER_BZIP2
                                                    : ARCHIVE_FILTER_COMPRESS,
                                   plain);
}

const Bytes& one_hdu() {
  static const Bytes fits = tests::hdus_of({kLarge}, Extend::kAbsent, 300);
  return fits;
}
const Bytes& five_hdus() {
  static const Bytes fits = tests::hdus_of({0, kLarge / 4, kLarge / 4, kLarge / 4, kLarge / 4});
  return fits;
}

class UnpackedFileTest : public FileCacheFixture {
 protected:
  // The file has another version from now on.
  void put(const Bytes& packed, const std::string& name, tests::FakeArchive::FileOptions options = {}) {
    options.name = name;
    options.validator = "v" + std::to_string(++version_);
    archive_.put_bytes(url_, packed, options);
    announce(packed.size());
    now_ += 10'000'000;
    ASSERT_GT(packed.size(), kMiB);
    before_ = archive_.fetched_bytes();
  }
  std::uint64_t moved() const { return archive_.fetched_bytes() - before_; }

  static void expect_part(const File& file, const Bytes& plain, std::uint64_t offset, std::size_t size) {
    auto bytes = ask_read(file, offset, size).get();
    ASSERT_TRUE(bytes) << bytes.error().what();
    const auto first =
        plain.begin() + static_cast<std::ptrdiff_t>(std::min<std::uint64_t>(offset, plain.size()));
    const std::size_t left = static_cast<std::size_t>(plain.end() - first);
    EXPECT_EQ(*bytes, Bytes(first, first + static_cast<std::ptrdiff_t>(std::min(size, left)))) << offset;
  }
  void expect_random_parts(const File& file, const Bytes& plain, unsigned seed, int count) {
    std::mt19937 random(seed);
    for (int i = 0; i < count; ++i) {
      const std::size_t size = 1 + random() % 200'000;
      expect_part(file, plain, random() % plain.size(), size);
    }
  }

  int version_ = 0;
  std::uint64_t before_ = 0;
};

TEST_F(UnpackedFileTest, AHeaderMovesTheFirstChunkAndTheLast) {
  for (const auto* name : {kLzw, kGzip}) {
    put(packed_as(name, one_hdu()), name);
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->size(), one_hdu().size());
    EXPECT_TRUE(cache_->facts(dataset_, Form::kPlain).exact);
    expect_part(file, one_hdu(), 0, 20'000);
    EXPECT_LE(moved(), 2 * kChunk) << name;
  }
}

TEST_F(UnpackedFileTest, TheFirstHeaderOfSeveralIsAsCheap) {
  for (const auto* name : {kLzw, kGzip}) {
    put(packed_as(name, five_hdus()), name);
    const auto file = open(Form::kHeaders);
    ASSERT_TRUE(file);
    rest();  // the open asks for the first chunk and for the last, and waits only for the first
    const int asked = archive_.fetch_count();
    expect_part(file, five_hdus(), 0, 2 * kBlock);
    EXPECT_EQ(archive_.fetch_count(), asked) << name;
    EXPECT_LE(moved(), 2 * kChunk) << name;
  }
}

TEST_F(UnpackedFileTest, AnOpenThatCannotKnowTheSizeDecodesToTheEnd) {
  for (const auto* name : {kLzw, kGzip, kBzip2}) {
    put(packed_as(name, five_hdus()), name);
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->size(), five_hdus().size());
    EXPECT_EQ(all_of(file), five_hdus());
  }
}

TEST_F(UnpackedFileTest, OfGzipTheLastHeaderIsEnough) {
  const Bytes plain = tests::hdus_of({0, kBlock, 2 * kBlock, kLarge});
  put(packed_as(kGzip, plain), kGzip);
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->size(), plain.size());
  EXPECT_LE(moved(), 2 * kChunk);
}

TEST_F(UnpackedFileTest, AnyPartInAnyOrderIsRight) {
  for (const auto* name : {kLzw, kGzip, kBzip2}) {
    for (const auto* plain : {&one_hdu(), &five_hdus()}) {
      put(packed_as(name, *plain), name);
      const auto file = open(Form::kPlain);
      ASSERT_TRUE(file);
      expect_random_parts(file, *plain, 1, 30);
      EXPECT_EQ(all_of(file), *plain);
      expect_part(file, *plain, plain->size() - 10, 100);
    }
  }
}

TEST_F(UnpackedFileTest, SoItIsAfterARestartInTheMiddle) {
  const Bytes packed = packed_as(kLzw, one_hdu());
  put(packed, kLzw);
  {
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    expect_part(file, one_hdu(), kLarge / 2, 1000);
  }
  restart();
  EXPECT_EQ(cache_->facts(dataset_, Form::kPlain).size, one_hdu().size());
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  expect_random_parts(file, one_hdu(), 2, 20);
  EXPECT_EQ(all_of(file), one_hdu());
  EXPECT_LE(moved(), packed.size() + 2 * kChunk)
      << "what was fetched before the restart is not fetched again";
}

TEST_F(UnpackedFileTest, TwoReadersDecodeOnce) {
  const Bytes packed = packed_as(kGzip, one_hdu());
  put(packed, kGzip);
  const auto delivered = open(Form::kDelivered);
  EXPECT_EQ(all_of(delivered), packed);
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  const auto hits = cache_->usage().hits;
  auto far = ask_read(file, kLarge - 10, 10);
  auto near = ask_read(file, kLarge / 2, 10);
  ASSERT_TRUE(far.get());
  ASSERT_TRUE(near.get());
  EXPECT_LE(cache_->usage().hits - hits, chunk_count(packed.size()) + 6) << "packed chunks are read once";
}

TEST_F(UnpackedFileTest, AReaderWaitsForItsOwnBytesOnly) {
  const Bytes packed = packed_as(kLzw, one_hdu());
  put(packed, kLzw);
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  archive_.hold();
  auto far = ask_read(file, kLarge, 10);
  ASSERT_TRUE(archive_.wait_held());
  expect_part(file, one_hdu(), 0, 60'000);
  EXPECT_FALSE(far.answered());
  archive_.release();
  EXPECT_TRUE(far.get());
}

TEST_F(UnpackedFileTest, AReadThatIsCancelledEndsAtOnceAndCanBeRepeated) {
  put(packed_as(kLzw, one_hdu()), kLzw);
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  archive_.hold();
  auto far = ask_read(file, kLarge, 10);
  ASSERT_TRUE(archive_.wait_held());
  far.cancel();
  ASSERT_TRUE(far.answered());
  EXPECT_EQ(far.get().error().code(), EINTR);
  archive_.release();
  expect_part(file, one_hdu(), kLarge, 10);
}

TEST_F(UnpackedFileTest, AFailureOfTheArchiveIsNotForGood) {
  put(packed_as(kGzip, one_hdu()), kGzip);
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  archive_.fail_next(tests::FakeArchive::Op::kFetch, Error(ETIMEDOUT, "silent"), -1);
  EXPECT_EQ(read_error(file, kLarge, 10), ETIMEDOUT);
  expect_part(file, one_hdu(), 0, 1000);
  archive_.clear_failures();
  now_ += 10;
  expect_part(file, one_hdu(), kLarge, 10);
}

TEST_F(UnpackedFileTest, ACutOffStreamIsEioAtItsEndAndNotKept) {
  for (const auto* name : {kLzw, kBzip2}) {
    Bytes packed = packed_as(name, one_hdu());
    packed.resize(packed.size() - 20'000);
    put(packed, name);
    {
      const auto file = open(Form::kPlain);
      ASSERT_TRUE(file);
      expect_part(file, one_hdu(), 0, 1000);
      const auto bytes = ask_read(file, 0, one_hdu().size()).get();
      ASSERT_FALSE(bytes);
      EXPECT_EQ(bytes.error().code(), EIO);
      EXPECT_NE(bytes.error().what().find("cut off"), std::string::npos) << bytes.error().what();
      EXPECT_EQ(read_error(file, 0, 10), EIO) << "for all who have it open";
    }
    EXPECT_FALSE(cache_->facts(dataset_, Form::kPlain).exact);
    EXPECT_EQ(open_error(Form::kPlain), EIO);
  }
}

TEST_F(UnpackedFileTest, AWrongCheckSumAtTheEndIsEioBeforeTheLastByte) {
  for (const auto* name : {kGzip, kBzip2}) {
    Bytes packed = packed_as(name, one_hdu());
    packed[packed.size() - (name == kGzip ? 8 : 3)] ^= std::byte{1};
    put(packed, name);
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    expect_part(file, one_hdu(), 0, 1000);
    EXPECT_EQ(read_error(file, file->size() - 1, 1), EIO) << name;
    EXPECT_EQ(open_error(Form::kPlain), EIO);
  }
}

TEST_F(UnpackedFileTest, AFileThatIsLongerThanItsHeaderSaysNeverEndsTooEarly) {
  const Bytes plain = tests::hdus_of({kLarge, 5 * kBlock}, Extend::kNo);
  for (const auto* name : {kLzw, kBzip2}) {
    put(packed_as(name, plain), name);
    {
      const auto file = open(Form::kPlain);
      ASSERT_TRUE(file);
      EXPECT_EQ(read_error(file, file->size() - 1, 1), ESTALE) << name;
    }
    EXPECT_EQ(all_of(open(Form::kPlain)), plain) << "the end has told its size";
    restart();
    EXPECT_EQ(all_of(open(Form::kPlain)), plain);
  }
}

TEST_F(UnpackedFileTest, AFileWithoutItsFillIsReadAgain) {
  Bytes plain = one_hdu();
  ASSERT_EQ(plain.size() % kBlock, 0U);
  plain = tests::hdus_of({kLarge - 100});
  plain.resize(plain.size() - 100);
  put(packed_as(kLzw, plain), kLzw);
  {
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    EXPECT_EQ(file->size(), plain.size() + 100);
    EXPECT_EQ(read_error(file, file->size() - 1, 1), ESTALE);
  }
  const auto file = open(Form::kPlain);
  EXPECT_EQ(file->size(), plain.size());
  EXPECT_EQ(all_of(file), plain);
}

TEST_F(UnpackedFileTest, WhereRangesAreRefusedTheAnswerIsDecoded) {
  for (const auto* name : {kLzw, kGzip, kBzip2}) {
    put(packed_as(name, one_hdu()), name, {.ranges = false});
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    expect_random_parts(file, one_hdu(), 3, 10);
    EXPECT_EQ(all_of(file), one_hdu());
  }
}

TEST_F(UnpackedFileTest, WithoutADiskOnlyLittleMemoryIsUsed) {
  config_.directory = "/dev/null/nowhere";
  config_.memory_bytes = kMiB;
  restart();
  for (const auto* name : {kLzw, kGzip, kBzip2}) {
    put(packed_as(name, one_hdu()), name);
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    expect_random_parts(file, one_hdu(), 4, 20);
    EXPECT_EQ(all_of(file), one_hdu());
  }
}

TEST_F(UnpackedFileTest, WhatTheCacheLosesIsDecodedAgain) {
  config_.memory_bytes = kMiB / 2;
  restart();
  put(packed_as(kLzw, one_hdu()), kLzw);
  const auto file = open(Form::kPlain);
  EXPECT_EQ(all_of(file), one_hdu());
  for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.directory)) {
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), 0);
  }
  expect_part(file, one_hdu(), 0, 100'000);
  EXPECT_EQ(all_of(file), one_hdu());
}

TEST_F(UnpackedFileTest, AChangeOfTheArchiveIsStale) {
  put(packed_as(kLzw, one_hdu()), kLzw);
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  put(packed_as(kLzw, five_hdus()), kLzw);
  EXPECT_EQ(read_error(file, kLarge, 10), ESTALE);
  EXPECT_EQ(all_of(open(Form::kPlain)), five_hdus());
}

TEST_F(UnpackedFileTest, WhatIsAskedForAheadIsDecoded) {
  put(packed_as(kLzw, one_hdu()), kLzw);
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  EXPECT_FALSE(file->at_hand(kLarge, 10));
  file->ask_ahead(0, file->size(), {});
  while (!file->at_hand(0, static_cast<std::size_t>(file->size()))) std::this_thread::yield();
  const auto before = archive_.fetch_count();
  EXPECT_EQ(all_of(file), one_hdu());
  EXPECT_EQ(archive_.fetch_count(), before);
}

}  // namespace
}  // namespace esofs::cache
