#include "cache/answers/visited.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using Names = std::vector<std::string>;

class VisitedTest : public CatalogFixture {};

TEST_F(VisitedTest, VisitsAreTheLatestWithTheNewestLast) {
  for (const std::string name : {"a", "b", "c", "a"}) catalog_->visited("datasets", name);
  catalog_->visited("cone", "x");
  EXPECT_EQ(catalog_->visits("datasets", 10), (Names{"b", "c", "a"}));
  EXPECT_EQ(catalog_->visits("datasets", 2), (Names{"c", "a"}));
  EXPECT_EQ(catalog_->visits("cone", 10), Names{"x"});
  EXPECT_EQ(catalog_->visits("nothing", 10), Names{});
}

TEST_F(VisitedTest, VisitsSurviveARestart) {
  for (const std::string name : {"a", "b", "c"}) catalog_->visited("datasets", name);
  settle();
  catalog_->visited("datasets", "a");
  restart();
  EXPECT_EQ(catalog_->visits("datasets", 10), (Names{"b", "c", "a"}));
  catalog_->visited("datasets", "b");
  restart();
  EXPECT_EQ(catalog_->visits("datasets", 10), (Names{"c", "a", "b"}));
}

TEST_F(VisitedTest, TheOldestVisitsGoInMemoryAndOnDisk) {
  for (std::size_t i = 0; i < kMostVisits + 100; ++i) catalog_->visited("datasets", std::to_string(i));
  EXPECT_EQ(catalog_->visits("datasets", 1'000'000).size(), kMostVisits);
  EXPECT_EQ(catalog_->visits("datasets", 1'000'000).front(), "100");
  restart();
  EXPECT_EQ(catalog_->visits("datasets", 1'000'000).size(), kMostVisits);
  EXPECT_EQ(records(Shelf::kVisited), kMostVisits);
}

}  // namespace
}  // namespace esofs::cache
