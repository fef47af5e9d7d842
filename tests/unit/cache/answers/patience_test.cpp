#include "cache/answers/patience.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

using namespace std::chrono_literals;

TEST(PatienceTest, OnlyWhoComesBackEndsIt) {
  Patience patience;
  EXPECT_FALSE(patience.ends(1h));
  patience.came_back();
  EXPECT_FALSE(patience.ends(1s));
  EXPECT_TRUE(patience.ends(2s));
}

TEST(PatienceTest, EachReturnEndsItOnce) {
  Patience patience;
  patience.came_back();
  EXPECT_TRUE(patience.ends(2s));
  EXPECT_FALSE(patience.ends(1h));
}

TEST(PatienceTest, ItIsTwiceAsLongTheNextTime) {
  Patience patience;
  patience.came_back();
  EXPECT_TRUE(patience.ends(2s));
  patience.came_back();
  EXPECT_FALSE(patience.ends(3s));
  EXPECT_TRUE(patience.ends(4s));
}

}  // namespace
}  // namespace esofs::cache
