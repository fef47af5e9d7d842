#include "mountopts/mount_table.h"

#include <gtest/gtest.h>

namespace esofs::mountopts {
namespace {

TEST(MountTableTest, OnlyEsofsMountsAreNamedAndEscapesAreUndone) {
  const auto mounts = parse_mount_table(
      "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
      "99 22 0:50 / /home/me/eso rw,nosuid,nodev,relatime shared:7 - fuse.esofs eso rw,user_id=1000\n"
      "98 22 0:51 / /mnt/sshfs rw - fuse.sshfs host:/ rw\n"
      "97 22 0:52 / /mnt/two\\040words rw - fuse.esofs http://127.0.0.1:80/tap rw\n"
      "a broken line\n");
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].mountpoint, "/home/me/eso");
  EXPECT_EQ(mounts[0].source, "eso");
  EXPECT_EQ(mounts[1].mountpoint, "/mnt/two words");
}

TEST(MountTableTest, BindsAreNoMountsOfTheirOwn) {
  const auto places = parse_mount_table(
      "96 22 0:50 /queries /srv/part rw - fuse.esofs eso rw\n"
      "99 22 0:50 / /mnt/eso rw - fuse.esofs eso rw\n"
      "97 22 0:50 / /srv/whole rw - fuse.esofs eso rw\n"
      "98 22 0:51 / /mnt/other rw - fuse.esofs eso rw\n");
  EXPECT_EQ(places.size(), 4U);
  const auto mounts = without_binds(places);
  ASSERT_EQ(mounts.size(), 2U);
  EXPECT_EQ(mounts[0].mountpoint, "/mnt/eso");
  EXPECT_EQ(mounts[1].mountpoint, "/mnt/other");
  EXPECT_EQ(mounts[1].device, "0:51");
}

}  // namespace
}  // namespace esofs::mountopts
