#include "cache/content/forms/unpack.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

namespace esofs::cache {
namespace {

using Bytes = std::vector<std::byte>;

Bytes file_bytes(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> chars{std::istreambuf_iterator<char>(file), {}};
  Bytes bytes(chars.size());
  if (!chars.empty()) std::memcpy(bytes.data(), chars.data(), chars.size());
  return bytes;
}

// A file that `compress` itself wrote.
TEST(Unpack, ReadsARealLzwFile) {
  const std::filesystem::path sample = SAMPLES_DIR "/fits/testfile.fits.Z";
  if (!std::filesystem::exists(sample)) GTEST_SKIP() << "no samples here";
  const Bytes packed = file_bytes(sample);
  EXPECT_EQ(packing_of("", packed), Packing::kCompress);
  UniqueFd fd(::open(sample.c_str(), O_RDONLY));
  auto plain = unpacked(Packing::kCompress, fd.get(), "/tmp", {});
  ASSERT_TRUE(plain) << plain.error().what();
  EXPECT_EQ(::lseek(plain->get(), 0, SEEK_END) % 2880, 0);
}

TEST(Unpack, TheNameTellsThePackingInAnyCase) {
  EXPECT_EQ(packing_of("A.fits.Z"), Packing::kCompress);
  EXPECT_EQ(packing_of("A.FITS.GZ"), Packing::kGzip);
  EXPECT_EQ(packing_of("A.fits.fz"), Packing::kFpack);
  EXPECT_EQ(packing_of("A.fits"), Packing::kNone);
  EXPECT_EQ(packing_of("A.tar.gz"), Packing::kNone);
  EXPECT_EQ(packing_of(""), Packing::kNone);
}

}  // namespace
}  // namespace esofs::cache
