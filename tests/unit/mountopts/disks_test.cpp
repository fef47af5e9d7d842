// What is said of the disk of a directory.
#include "mountopts/disks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/statvfs.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "tests/support/temp_dir.h"

namespace esofs::mountopts {
namespace {

using ::testing::HasSubstr;

TEST(DisksTest, ADiskThatMachinesShareIsNamed) {
  const auto of_type = [](std::uint64_t type) {
    return shared_disk_note("/home/x", [type](const auto&) { return std::optional(type); });
  };
  EXPECT_EQ(of_type(0x6969), "/home/x is on NFS");
  EXPECT_EQ(of_type(0x0BD00BD0), "/home/x is on Lustre");
  EXPECT_EQ(of_type(0xEF53), "") << "ext4";
  EXPECT_EQ(shared_disk_note("/home/x", [](const auto&) { return std::optional<std::uint64_t>(); }), "");
}

TEST(DisksTest, ADiskWithoutTheReserveKeepsNoContent) {
  const esofs::tests::TempDir here;
  EXPECT_EQ(cache_disk_problem(here.path(), 0, 0), "");
  EXPECT_THAT(cache_disk_problem(here.path(), std::numeric_limits<std::uint64_t>::max(), 0),
              HasSubstr("left, and cache_reserve leaves"));
  EXPECT_EQ(cache_disk_problem("/no/such/place", 0, 0), "");
  EXPECT_EQ(cache_disk_problem("/proc", 1, 0), "") << "it has no size";
}

TEST(DisksTest, HeldContentMakesRoomForNewContent) {
  const esofs::tests::TempDir here;
  struct statvfs disk {};
  ASSERT_EQ(::statvfs(here.path().c_str(), &disk), 0);
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  constexpr std::uint64_t kMuch = 1ULL << 40U;  // more than other programs write meanwhile
  EXPECT_THAT(cache_disk_problem(here.path(), free + kMuch, 0), HasSubstr("no file content is kept"));
  EXPECT_EQ(cache_disk_problem(here.path(), free + kMuch, 2 * kMuch), "");
  EXPECT_EQ(held_content(here.path()), 0U);
  std::filesystem::create_directories(here.path() / "content/segments/ab");
  std::ofstream(here.path() / "content/segments/ab/one") << std::string(10000, 'x') << std::flush;
  EXPECT_GE(held_content(here.path()), 10000U);
}

TEST(DisksTest, TheTypeOfAFileSystemIsTheKernels) {
  EXPECT_EQ(file_system_type("/proc"), 0x9FA0U);
  EXPECT_FALSE(file_system_type("/no/such/place"));
}

}  // namespace
}  // namespace esofs::mountopts
