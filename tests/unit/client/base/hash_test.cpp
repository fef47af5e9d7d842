#include "client/base/hash.h"

#include <gtest/gtest.h>

namespace esofs {
namespace {

// The values are on users' disks and in their backups: a change here is a mistake, whatever the reason.

TEST(HashTest, FnvIsThatOfTheStandard) {
  EXPECT_EQ(fnv1a(""), 0xcbf29ce484222325U);
  EXPECT_EQ(fnv1a("a"), 0xaf63dc4c8601ec8cU);  // RFC 9923, appendix C
  EXPECT_EQ(fnv1a("foobar"), 0x85944171f73967e8U);
  EXPECT_EQ(fnv1a("queries/\xC3\xA9"), 0x3e24ccad2b6e9f24U);
  EXPECT_EQ(fnv1a("foobar", 0x9ae16a3b2f90404fU), 0xda8d9427b484b4f6U);
}

TEST(HashTest, MixedValuesStayAsTheyWere) {
  EXPECT_EQ(mixed(fnv1a("")), 0xf52a15e9a9b5e89bU);
  EXPECT_EQ(mixed(fnv1a("a")), 0x02c0bdbf481420f8U);
  EXPECT_EQ(mixed(fnv1a("queries/\xC3\xA9")), 0x642d2befe48a8d94U);
}

TEST(HashTest, TextsHaveSixteenDigits) {
  EXPECT_EQ(hex_text(0), "0000000000000000");
  EXPECT_EQ(hex_text(0x02c0bdbf481420f8U), "02c0bdbf481420f8");
}

}  // namespace
}  // namespace esofs
