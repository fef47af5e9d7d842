#include "cache/listings/query_key.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

const QueryKey kOpen{"eso http://tap", {}, "obs", 10, "SELECT *\nFROM t"};
const QueryKey kPrivate{"eso http://tap", {"anna"}, "", 0, "SELECT 1"};

TEST(QueryKeyTest, TheTextIsThatOfEarlierCaches) {
  EXPECT_EQ(kOpen.text(), "eso http://tap\nobs\n10\nSELECT *\nFROM t");
  EXPECT_EQ(kPrivate.text(), "eso http://tap for anna\n\n0\nSELECT 1");
}

TEST(QueryKeyTest, ATextIsReadBack) {
  EXPECT_EQ(QueryKey::of_text(kOpen.archive, {}, kOpen.text()), kOpen);
  EXPECT_EQ(QueryKey::of_text(kPrivate.archive, {"anna"}, kPrivate.text()), kPrivate);
}

TEST(QueryKeyTest, TextsOfOtherLoginsAndArchivesAreNotTaken) {
  EXPECT_FALSE(QueryKey::of_text(kOpen.archive, {"anna"}, kOpen.text()));
  EXPECT_FALSE(QueryKey::of_text(kPrivate.archive, {}, kPrivate.text()));
  EXPECT_FALSE(QueryKey::of_text(kPrivate.archive, {"ann"}, kPrivate.text()));
  EXPECT_FALSE(QueryKey::of_text("eso", {}, kOpen.text()));
}

TEST(QueryKeyTest, DamagedTextsAreNotTaken) {
  for (const char* rest : {"", "obs", "obs\n10", "obs\nten\nSELECT", "obs\n10x\nSELECT", "obs\n\nSELECT",
                           "obs\n-1\nSELECT", "obs\n99999999999999999999\nSELECT"})
    EXPECT_FALSE(QueryKey::of_text("a", {}, std::string("a\n") + rest)) << rest;
}

TEST(QueryKeyTest, EqualKeysHaveEqualHashes) {
  const std::hash<QueryKey> hash;
  EXPECT_EQ(hash(kOpen), hash(QueryKey(kOpen)));
  EXPECT_NE(hash(kOpen), hash(kPrivate));
}

}  // namespace
}  // namespace esofs::cache
