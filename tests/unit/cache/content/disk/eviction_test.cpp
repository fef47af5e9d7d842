#include "cache/content/disk/eviction.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

const std::function<bool(const std::string&)> kNone = [](const std::string&) { return false; };

using Names = std::vector<std::string>;

TEST(Eviction, TheLeastRecentlyUsedGoFirst) {
  Eviction eviction;
  eviction.found("a-0", 100, 3);
  eviction.found("b-0", 100, 1);
  eviction.found("c-0", 100, 2);
  EXPECT_EQ(eviction.victims(100, kNone), (Names{"b-0"}));
  EXPECT_EQ(eviction.victims(101, kNone), (Names{"b-0", "c-0"}));
  eviction.used("b-0", 0, 4);
  EXPECT_EQ(eviction.victims(100, kNone), (Names{"c-0"}));
}

TEST(Eviction, SparedSegmentsStay) {
  Eviction eviction;
  eviction.found("a-0", 100, 1);
  eviction.found("b-0", 100, 2);
  const auto victims = eviction.victims(100, [](const std::string& name) { return name == "a-0"; });
  EXPECT_EQ(victims, (Names{"b-0"}));
  EXPECT_TRUE(eviction.victims(100, [](const std::string&) { return true; }).empty());
}

TEST(Eviction, NothingGoesWithoutSegmentsOrNeed) {
  EXPECT_TRUE(Eviction().victims(100, kNone).empty());
  Eviction eviction;
  eviction.found("a-0", 100, 1);
  EXPECT_TRUE(eviction.victims(0, kNone).empty());
}

TEST(Eviction, BytesFollowGrowthAndRemoval) {
  Eviction eviction;
  eviction.used("a-0", 50, 1);
  eviction.used("a-0", 50, 2);
  eviction.used("a-1", 10, 2);
  EXPECT_EQ(eviction.bytes(), 110U);
  EXPECT_EQ(eviction.count(), 2U);
  EXPECT_TRUE(eviction.knows("a-0"));
  eviction.gone("a-0");
  eviction.gone("a-0");
  EXPECT_EQ(eviction.bytes(), 10U);
  EXPECT_FALSE(eviction.knows("a-0"));
  EXPECT_EQ(eviction.names(), (Names{"a-1"}));
}

TEST(Eviction, AnOlderFindChangesNoNewerUse) {
  Eviction eviction;
  eviction.used("a-0", 100, 10);
  eviction.used("b-0", 100, 5);
  eviction.found("a-0", 100, 1);
  EXPECT_EQ(eviction.victims(1, kNone), (Names{"b-0"}));
}

}  // namespace
}  // namespace esofs::cache
