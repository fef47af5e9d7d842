// What is said of the disk of a directory.
#include "mountopts/disks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

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
  EXPECT_EQ(cache_disk_problem(here.path(), 0), "");
  EXPECT_THAT(cache_disk_problem(here.path(), std::numeric_limits<std::uint64_t>::max()),
              HasSubstr("left, and cache_reserve leaves"));
  EXPECT_EQ(cache_disk_problem("/no/such/place", 0), "");
  EXPECT_EQ(cache_disk_problem("/proc", 1), "") << "it has no size";
}

TEST(DisksTest, TheTypeOfAFileSystemIsTheKernels) {
  EXPECT_EQ(file_system_type("/proc"), 0x9FA0U);
  EXPECT_FALSE(file_system_type("/no/such/place"));
}

}  // namespace
}  // namespace esofs::mountopts
