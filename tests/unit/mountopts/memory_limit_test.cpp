#include "mountopts/memory_limit.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/temp_dir.h"

namespace esofs::mountopts {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;

class MemoryLimitTest : public ::testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((root_.path() / name).parent_path());
    std::ofstream(root_.path() / name) << text;
  }
  std::optional<std::uint64_t> limit() const { return memory_limit(root_.path()); }

  tests::TempDir root_;
};

TEST_F(MemoryLimitTest, ThereIsNoneWithoutGroups) { EXPECT_EQ(limit(), std::nullopt); }

TEST_F(MemoryLimitTest, TheSmallestLimitOfAGroupAndItsParentsCounts) {
  write("proc/self/cgroup", "0::/user.slice/job\n");
  write("sys/fs/cgroup/user.slice/job/memory.max", "max\n");
  EXPECT_EQ(limit(), std::nullopt);
  write("sys/fs/cgroup/user.slice/memory.max", "1073741824\n");
  EXPECT_EQ(limit(), 1024 * kMiB);
  write("sys/fs/cgroup/user.slice/job/memory.max", "67108864\n");
  EXPECT_EQ(limit(), 64 * kMiB);
}

TEST_F(MemoryLimitTest, GroupsOfVersionOneCount) {
  write("proc/self/cgroup", "8:pids:/\n4:cpu,memory:/batch/7\n0::/\n");
  write("sys/fs/cgroup/memory/batch/7/memory.limit_in_bytes", "134217728\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
  EXPECT_EQ(limit(), 128 * kMiB);
}

TEST_F(MemoryLimitTest, AContainerSeesItsOwnGroupOnTop) {
  write("proc/self/cgroup", "4:memory:/docker/0a1b\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "268435456\n");
  EXPECT_EQ(limit(), 256 * kMiB);
}

TEST_F(MemoryLimitTest, ASmallLimitLeavesRoomForTheRest) {
  EXPECT_EQ(usual_memory(std::nullopt), 64 * kMiB);
  EXPECT_EQ(usual_memory(8192 * kMiB), 64 * kMiB);
  EXPECT_EQ(usual_memory(128 * kMiB), 16 * kMiB);
  EXPECT_EQ(usual_memory(32 * kMiB), 8 * kMiB);
}

}  // namespace
}  // namespace esofs::mountopts
