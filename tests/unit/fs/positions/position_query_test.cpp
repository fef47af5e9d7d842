#include "fs/positions/position_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::fs {
namespace {

using ::testing::HasSubstr;

std::vector<Position> two() { return {{"a", "a", 10.5, -20}, {"b", "b", 0.001, 4}}; }

TEST(PositionQueryTest, OnlyTheConditionsOfThePositionAreRepeated) {
  const auto made = query_of_positions(
      "SELECT * FROM t WHERE x = 1 AND INTERSECTS(r, CIRCLE('ICRS', {ra}, {dec}, 0.1)) = 1 AND y > {dec} "
      "ORDER BY z",
      two());
  ASSERT_TRUE(made) << made.error().what();
  EXPECT_EQ(
      *made,
      "SELECT * FROM t WHERE x = 1 AND ((INTERSECTS(r, CIRCLE('ICRS', 10.5, -20, 0.1)) = 1 AND y > -20)\n"
      "  OR (INTERSECTS(r, CIRCLE('ICRS', 0.001, 4, 0.1)) = 1 AND y > 4))\nORDER BY z");
}

TEST(PositionQueryTest, AnOrIsRepeatedWhole) {
  EXPECT_EQ(*query_of_positions("SELECT * FROM t WHERE a = {ra} OR b = {dec}", {{"a", "a", 1, 2}}),
            "SELECT * FROM t WHERE (a = 1 OR b = 2)");
}

TEST(PositionQueryTest, TextsAndCommentsHoldNoPlaceholders) {
  EXPECT_FALSE(asks_positions("SELECT '{ra}' FROM t -- {dec}\nWHERE a = 1"));
  EXPECT_TRUE(asks_positions("SELECT * FROM t WHERE a = {RA}"));
}

TEST(PositionQueryTest, AnotherWordInBracesIsNoPlaceholder) {
  EXPECT_EQ(unknown_placeholder("SELECT * FROM t WHERE a = {s_ra} AND b = {dec}"), "s_ra");
  EXPECT_EQ(unknown_placeholder("SELECT * FROM t WHERE a = {RA} AND b = {dec} AND c = '{x}' -- {y}"), "");
}

TEST(PositionQueryTest, PlaceholdersElsewhereAreRefused) {
  for (const char* adql :
       {"SELECT {ra} FROM t WHERE b = {dec}", "SELECT * FROM t WHERE a={ra} ORDER BY {dec}",
        "SELECT * FROM t WHERE a={ra} UNION SELECT * FROM s"}) {
    const auto made = query_of_positions(adql, two());
    ASSERT_FALSE(made) << adql;
    EXPECT_EQ(made.error().code(), EINVAL);
    EXPECT_THAT(made.error().what(), HasSubstr("only in the conditions behind WHERE"));
  }
  EXPECT_THAT(query_of_positions("SELECT * FROM t WHERE a={ra}", {}).error().what(),
              HasSubstr("no positions"));
}

TEST(PositionQueryTest, TheRadiusIsThatOfTheCircleOrOfTheDistance) {
  EXPECT_DOUBLE_EQ(radius_of_positions("x WHERE CONTAINS(p, CIRCLE('ICRS', {ra}, {dec}, 0.05)) = 1"), 0.05);
  EXPECT_DOUBLE_EQ(radius_of_positions("x WHERE DISTANCE(p, POINT('ICRS', {ra}, {dec})) <= 0.2"), 0.2);
  EXPECT_DOUBLE_EQ(radius_of_positions("x WHERE CONTAINS(p, CIRCLE('ICRS', {ra}, {dec}, 36 / 3600.)) = 1"),
                   0.01);
  EXPECT_DOUBLE_EQ(radius_of_positions("x WHERE CONTAINS(POINT('ICRS', {ra}, {dec}), r) = 1"), 0);
}

}  // namespace
}  // namespace esofs::fs
