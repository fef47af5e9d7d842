#include "cache/content/disk/segment_file.h"

#include <gtest/gtest.h>

#include <fstream>

#include "tests/support/temp_dir.h"

namespace esofs::cache {
namespace {

class SegmentFileTest : public ::testing::Test {
 protected:
  static Bytes chunk(unsigned salt, std::size_t size = kChunkBytes) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>((i + salt) % 251);
    return bytes;
  }
  SegmentFile create(const ContentKey& key, std::uint64_t index = 0) {
    auto file = SegmentFile::create(path_, key, index);
    if (!file) throw std::runtime_error(file.error().what());
    return std::move(*file);
  }
  bool opens(const ContentKey& key, std::uint64_t index = 0) const {
    const auto file = SegmentFile::open(path_, key, index);
    return file && file->has_value();
  }

  tests::TempDir dir_;
  const std::filesystem::path path_ = dir_ / "folder" / "segment";
  const ContentKey key_{"fake|A|v1"};
};

TEST_F(SegmentFileTest, WhatIsWrittenIsReadByAnotherObject) {
  const Bytes first = chunk(1);
  const Bytes last = chunk(2, 100);
  auto file = create(key_);
  const std::vector<ChunkBytes> run{first, last};
  const auto grown = file.write(254, run);
  ASSERT_TRUE(grown) << grown.error().what();
  EXPECT_EQ(*grown, kChunkBytes + 100);
  const auto again = SegmentFile::open(path_, key_, 0);
  ASSERT_TRUE(again && *again);
  EXPECT_EQ(**(*again)->read(254), first);
  EXPECT_EQ(**(*again)->read(255), last);
  EXPECT_EQ(*(*again)->read(0), nullptr);
  EXPECT_EQ((*again)->present()->count(), 2U);
}

TEST_F(SegmentFileTest, WritingAgainAddsNoBytes) {
  const Bytes bytes = chunk(1);
  auto file = create(key_);
  const std::vector<ChunkBytes> run{bytes};
  EXPECT_EQ(*file.write(3, run), kChunkBytes);
  EXPECT_EQ(*file.write(3, run), 0U);
}

TEST_F(SegmentFileTest, AnotherContentOrIndexIsMissing) {
  EXPECT_FALSE(opens(key_)) << "there is none yet";
  create(key_, 7);
  EXPECT_TRUE(opens(key_, 7));
  EXPECT_FALSE(opens(key_, 8));
  EXPECT_FALSE(opens(ContentKey("fake|A|v2"), 7));
  create(ContentKey("fake|A|v2"), 7);
  EXPECT_FALSE(opens(key_, 7)) << "it was replaced";
}

TEST_F(SegmentFileTest, AChunkThatDoesNotVerifyIsDropped) {
  const Bytes bytes = chunk(1);
  auto file = create(key_);
  ASSERT_TRUE(file.write(0, std::vector<ChunkBytes>{bytes}));
  {
    std::fstream raw(path_, std::ios::in | std::ios::out | std::ios::binary);
    raw.seekp(static_cast<std::streamoff>(kChunksOffset) + 5);
    raw.put('?');
  }
  EXPECT_EQ(*file.read(0), nullptr);
  EXPECT_TRUE(file.present()->none());
}

TEST_F(SegmentFileTest, ARemovedFileKnowsIt) {
  const auto file = create(key_);
  EXPECT_FALSE(file.removed());
  std::filesystem::remove(path_);
  EXPECT_TRUE(file.removed());
}

}  // namespace
}  // namespace esofs::cache
