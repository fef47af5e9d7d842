// The plain forms of large tile-compressed files (.fits.fz) through a FileCache: what they move, and what they give.
#include "cache/content/plain/tiled_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <thread>

#include "tests/support/tiled_fits.h"
#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using tests::Sums;
using tests::TiledFits;
using tests::TiledImage;

struct Packed {
  Bytes packed;
  Bytes plain;
};

Packed packed_of(const std::vector<TiledImage>& images) {
  TiledFits file;
  for (const TiledImage& image : images) file.add(image);
  Packed made{file.bytes(), {}};
  made.plain = TiledFits::unpacked(made.packed);
  return made;
}

TiledImage large(int bitpix = SHORT_IMG, Sums sums = Sums::kNone) {
  return {.bitpix = bitpix, .axes = {700, bitpix < 0 ? 1500 : 1000}, .tile = {700, 1}, .sums = sums};
}

// Three images of 1.4 MB, packed about 1 MB each.
const Packed& three() {
  static const Packed made =
      packed_of({large(SHORT_IMG, Sums::kRight), large(), large(SHORT_IMG, Sums::kRight)});
  return made;
}
const Packed& floats() {
  static const Packed made = packed_of({large(FLOAT_IMG), large(FLOAT_IMG)});
  return made;
}

class TiledFileTest : public FileCacheFixture {
 protected:
  // The file has another version from now on.
  void put(const Bytes& packed, tests::FakeArchive::FileOptions options = {}) {
    options.name = "A.fits.fz";
    options.validator = "v" + std::to_string(++version_);
    archive_.put_bytes(url_, packed, options);
    announce(packed.size());
    now_ += 10'000'000;
    ASSERT_GT(packed.size(), kMiB);
    before_ = archive_.fetched_bytes();
  }
  std::uint64_t moved() const { return archive_.fetched_bytes() - before_; }

  File opened(const Packed& file) {
    put(file.packed);
    auto plain = open(Form::kPlain);
    EXPECT_EQ(plain->size(), file.plain.size());
    return plain;
  }

  static void expect_part(const File& file, const Bytes& plain, std::uint64_t offset, std::size_t size) {
    auto bytes = ask_read(file, offset, size).get();
    ASSERT_TRUE(bytes) << bytes.error().what();
    const std::size_t count = std::min<std::size_t>(size, plain.size() - offset);
    const auto first = plain.begin() + static_cast<std::ptrdiff_t>(offset);
    EXPECT_TRUE(std::equal(bytes->begin(), bytes->end(), first, first + static_cast<std::ptrdiff_t>(count)))
        << size << " at " << offset;
  }
  void expect_random_parts(const File& file, const Bytes& plain, unsigned seed, int count) {
    std::mt19937 random(seed);
    for (int i = 0; i < count; ++i) {
      const std::size_t size = 1 + random() % (random() % 2 == 0 ? 300 : 200'000);
      expect_part(file, plain, random() % plain.size(), size);
    }
  }
  static std::size_t header_of(const Bytes& plain, int extension) {
    const std::string_view text(reinterpret_cast<const char*>(plain.data()), plain.size());
    std::size_t at = 0;
    for (int i = 0; i < extension; ++i) at = text.find("XTENSION= 'IMAGE", at + 1);
    return at;
  }

  int version_ = 0;
  std::uint64_t before_ = 0;
};

TEST_F(TiledFileTest, AnOpenMovesTheHeadersOnly) {
  const auto file = opened(three());
  EXPECT_LE(moved(), 4 * kChunk);
  EXPECT_TRUE(cache_->facts(dataset_, Form::kPlain).exact);
  for (const int extension : {1, 2, 3})
    expect_part(file, three().plain, header_of(three().plain, extension), 2880);
  EXPECT_LE(moved(), 4 * kChunk);
}

TEST_F(TiledFileTest, PixelsMoveTheirTilesOnly) {
  const auto file = opened(three());
  const auto before = moved();
  expect_part(file, three().plain, header_of(three().plain, 2) + 500'000, 1000);
  EXPECT_LE(moved() - before, 5 * kChunk);
}

TEST_F(TiledFileTest, AnyPartInAnyOrderIsRight) {
  for (const Packed* packed : {&three(), &floats()}) {
    const auto file = opened(*packed);
    expect_random_parts(file, packed->plain, 1, 100);
    EXPECT_EQ(all_of(file), packed->plain);
    expect_part(file, packed->plain, packed->plain.size() - 10, 100);
    EXPECT_LE(moved(), packed->packed.size() + 2 * kChunk);
  }
}

TEST_F(TiledFileTest, SoItIsAfterARestart) {
  {
    const auto file = opened(three());
    expect_random_parts(file, three().plain, 2, 10);
  }
  restart();
  EXPECT_EQ(cache_->facts(dataset_, Form::kPlain).size, three().plain.size());
  const auto file = open(Form::kPlain);
  expect_random_parts(file, three().plain, 3, 20);
  EXPECT_EQ(all_of(file), three().plain);
  EXPECT_LE(moved(), three().packed.size() + 2 * kChunk) << "what was fetched is not fetched again";
}

TEST_F(TiledFileTest, WhatWasDecodedIsKeptOverARestart) {
  EXPECT_EQ(all_of(opened(three())), three().plain);
  restart();
  archive_.fail_next(tests::FakeArchive::Op::kFetch, Error(ETIMEDOUT, "silent"), -1);
  EXPECT_EQ(all_of(open(Form::kPlain)), three().plain);
}

TEST_F(TiledFileTest, ReadersDoNotWaitForEachOther) {
  const auto file = opened(three());
  expect_part(file, three().plain, 100'000, 1000);
  archive_.hold();
  auto far = ask_read(file, three().plain.size() - 900'000, 10);
  ASSERT_TRUE(archive_.wait_held());
  expect_part(file, three().plain, 100'500, 1000);
  expect_part(file, three().plain, header_of(three().plain, 3), 2880);
  EXPECT_FALSE(far.answered());
  archive_.release();
  EXPECT_TRUE(far.get());
}

TEST_F(TiledFileTest, ReadersOfOnePlaceShareItsTiles) {
  const auto file = opened(three());
  archive_.hold();
  std::vector<Asked<Bytes>> asked;
  asked.reserve(20);
  for (int i = 0; i < 20; ++i) asked.push_back(ask_read(file, 2'000'000, 100'000));
  ASSERT_TRUE(archive_.wait_held());
  archive_.release();
  for (auto& one : asked) EXPECT_TRUE(one.get());
  EXPECT_LE(moved(), 10 * kChunk);
}

TEST_F(TiledFileTest, AReadThatIsCancelledEndsAtOnceAndCanBeRepeated) {
  const auto file = opened(three());
  archive_.hold();
  auto far = ask_read(file, 2'000'000, 10);
  ASSERT_TRUE(archive_.wait_held());
  far.cancel();
  ASSERT_TRUE(far.answered());
  EXPECT_EQ(far.get().error().code(), EINTR);
  auto again = ask_read(file, 2'000'000, 10);
  archive_.release();
  ASSERT_TRUE(again.get());
  expect_part(file, three().plain, 2'000'000, 10);
}

TEST_F(TiledFileTest, AnOpenThatIsCancelledCanBeRepeated) {
  put(three().packed);
  ASSERT_TRUE(open(Form::kDelivered));
  archive_.hold();
  auto asked = ask_open(Form::kPlain);
  ASSERT_TRUE(archive_.wait_held());
  asked.cancel();
  EXPECT_EQ(asked.get().error().code(), EINTR);
  archive_.release();
  EXPECT_EQ(all_of(open(Form::kPlain)), three().plain);
}

TEST_F(TiledFileTest, AFailureOfTheArchiveIsNotForGood) {
  const auto file = opened(three());
  archive_.fail_next(tests::FakeArchive::Op::kFetch, Error(ETIMEDOUT, "silent"), -1);
  EXPECT_EQ(read_error(file, 2'000'000, 10), ETIMEDOUT);
  expect_part(file, three().plain, 0, 1000);
  archive_.clear_failures();
  now_ += 10;
  expect_part(file, three().plain, 2'000'000, 10);
}

TEST_F(TiledFileTest, AStaleDatasumIsFoundAtTheEndAndThenRenewed) {
  const Packed made = packed_of({large(SHORT_IMG, Sums::kStale), large()});
  {
    const auto file = opened(made);
    expect_part(file, made.plain, header_of(made.plain, 1) + 100'000, 1000);
    EXPECT_EQ(read_error(file, 0, made.plain.size()), ESTALE);
  }
  EXPECT_EQ(all_of(open(Form::kPlain)), made.plain);
  restart();
  EXPECT_EQ(all_of(open(Form::kPlain)), made.plain);
}

TEST_F(TiledFileTest, TilesThatCannotBeDecodedAreEio) {
  Bytes packed = three().packed;
  const std::size_t middle = packed.size() / 2;
  std::fill(packed.begin() + static_cast<std::ptrdiff_t>(middle),
            packed.begin() + static_cast<std::ptrdiff_t>(middle + 100'000), std::byte{0xFF});
  put(packed);
  {
    const auto file = open(Form::kPlain);
    ASSERT_TRUE(file);
    const int error = read_error(file, 0, three().plain.size());
    EXPECT_TRUE(error == EIO || error == ESTALE) << error;
  }
  EXPECT_EQ(open_error(Form::kPlain), EIO) << "the whole does not have its DATASUM";
}

TEST_F(TiledFileTest, AnUnusualFormIsUnpackedAsAWhole) {
  const Packed made = packed_of({large(FLOAT_IMG, Sums::kRight), large(FLOAT_IMG)});
  const auto file = opened(made);
  EXPECT_EQ(all_of(file), made.plain);
  restart();
  EXPECT_EQ(all_of(open(Form::kPlain)), made.plain);
}

TEST_F(TiledFileTest, WhereRangesAreRefusedTheWholeIsUnpacked) {
  put(three().packed, {.ranges = false});
  const auto file = open(Form::kPlain);
  ASSERT_TRUE(file);
  expect_random_parts(file, three().plain, 4, 10);
  EXPECT_EQ(all_of(file), three().plain);
}

TEST_F(TiledFileTest, WithoutADiskOnlyLittleMemoryIsUsed) {
  config_.directory = "/dev/null/nowhere";
  config_.memory_bytes = kMiB;
  restart();
  const auto file = opened(three());
  expect_random_parts(file, three().plain, 5, 30);
  EXPECT_EQ(all_of(file), three().plain);
}

TEST_F(TiledFileTest, WhatTheCacheLosesIsDecodedAgain) {
  config_.memory_bytes = kMiB / 2;
  restart();
  const auto file = opened(three());
  EXPECT_EQ(all_of(file), three().plain);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.directory)) {
    if (entry.is_regular_file()) std::filesystem::resize_file(entry.path(), 0);
  }
  expect_random_parts(file, three().plain, 6, 10);
  EXPECT_EQ(all_of(file), three().plain);
}

TEST_F(TiledFileTest, AChangeOfTheArchiveIsStale) {
  const auto file = opened(three());
  put(floats().packed);
  EXPECT_EQ(read_error(file, 2'000'000, 10), ESTALE);
  EXPECT_EQ(all_of(open(Form::kPlain)), floats().plain);
}

TEST_F(TiledFileTest, WhatIsAskedForAheadIsDecoded) {
  const auto file = opened(three());
  EXPECT_FALSE(file->at_hand(2'000'000, 10));
  EXPECT_TRUE(file->at_hand(header_of(three().plain, 2), 2880));
  file->ask_ahead(0, file->size(), {});
  while (!file->at_hand(2'000'000, 500'000)) std::this_thread::yield();
  const auto before = archive_.fetch_count();
  expect_part(file, three().plain, 2'000'000, 500'000);
  EXPECT_EQ(archive_.fetch_count(), before);
}

TEST_F(TiledFileTest, ManyReadersAtOnceAreRight) {
  const auto file = opened(three());
  std::vector<std::thread> readers;
  for (unsigned seed = 10; seed < 16; ++seed)
    readers.emplace_back([&, seed] { expect_random_parts(file, three().plain, seed, 20); });
  for (auto& one : readers) one.join();
  EXPECT_LE(moved(), three().packed.size() + 4 * kChunk);
}

}  // namespace
}  // namespace esofs::cache
