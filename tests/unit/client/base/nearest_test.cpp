#include "client/base/nearest.h"

#include <gtest/gtest.h>

namespace esofs {
namespace {

TEST(NearestTest, AMistypedWordIsRecognised) {
  EXPECT_EQ(nearest("cache_sise", {"cache_dir", "cache_size", "ttl"}), "cache_size");
  EXPECT_EQ(nearest("TTL", {"cache_dir", "cache_size", "ttl"}), "ttl");
  EXPECT_EQ(nearest("ulr", {"name", "url"}), "url") << "two letters in each other's place";
}

TEST(NearestTest, AWordUnlikeAnyIsNotGuessed) { EXPECT_EQ(nearest("quux", {"cache_dir", "ttl"}), ""); }

}  // namespace
}  // namespace esofs
