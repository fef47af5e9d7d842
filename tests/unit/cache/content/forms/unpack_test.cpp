#include "cache/content/forms/unpack.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "tests/support/temp_dir.h"
#include "tests/support/tiled_fits.h"

namespace esofs::cache {
namespace {

TEST(Unpack, TheNameTellsThePackingInAnyCase) {
  EXPECT_EQ(packing_of("A.fits.Z"), Packing::kCompress);
  EXPECT_EQ(packing_of("A.FITS.GZ"), Packing::kGzip);
  EXPECT_EQ(packing_of("A.fits.fz"), Packing::kFpack);
  EXPECT_EQ(packing_of("A.fits"), Packing::kNone);
  EXPECT_EQ(packing_of("A.tar.gz"), Packing::kNone);
  EXPECT_EQ(packing_of(""), Packing::kNone);
}

// The kernel kills a program that writes more than this.
void limit_files_to(rlim_t bytes) {
  const rlimit limit{bytes, bytes};
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, SIG_DFL);
}

TEST(UnpackDeathTest, AKilledUnpackingLeavesNothingBehind) {
  const tests::TempDir folder;
  const auto place = folder.path() / "place";
  std::filesystem::create_directory(place);
  const auto packed_path = folder.path() / "a.fits.fz";
  tests::TiledFits fits;
  fits.add({});
  const auto packed = fits.bytes();
  std::ofstream(packed_path, std::ios::binary)
      .write(reinterpret_cast<const char*>(packed.data()), static_cast<std::streamsize>(packed.size()));
  const UniqueFd file(::open(packed_path.c_str(), O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(file);
  const auto unpack = [&] {
    limit_files_to(20'000);
    (void)funpacked(file.get(), place, {});
  };
  EXPECT_EXIT(unpack(), ::testing::KilledBySignal(SIGXFSZ), "");
  EXPECT_TRUE(std::filesystem::is_empty(place));
}

}  // namespace
}  // namespace esofs::cache
