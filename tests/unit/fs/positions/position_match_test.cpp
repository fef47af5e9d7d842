#include "fs/positions/position_match.h"

#include <gtest/gtest.h>

namespace esofs::fs {
namespace {

std::vector<client::Column> columns() {
  std::vector<client::Column> all(3);
  all[0].name = "s_ra";
  all[1].name = "s_dec";
  all[2].name = "s_region";
  return all;
}

std::string matched(const PositionMatch& match, const client::Row& row) {
  std::string text;
  for (const auto& each : match.of(row)) text += match.positions()[each.position].name;
  return text;
}

client::Row row(double ra, double dec, const std::string& region) {
  return {client::Value{ra}, client::Value{dec}, region.empty() ? client::Value{} : client::Value{region}};
}

TEST(PositionMatchTest, DistancesToShapesAreThoseOnTheSky) {
  const std::string square = "POLYGON J2000 359 -61 1 -61 1 -59 359 -59";
  EXPECT_EQ(distance_to_region({0, -60}, square), 0);
  EXPECT_EQ(distance_to_region({359.5, -60.5}, square), 0);
  EXPECT_NEAR(*distance_to_region({0, -58}, square), 1, 0.01);
  EXPECT_NEAR(*distance_to_region({3, -60}, square), 1, 0.02);
  EXPECT_GT(*distance_to_region({90, 0}, square + " POSITION ICRS 0 0"), 89);
  EXPECT_FALSE(distance_to_region({180, 60}, square)) << "too far to tell";
  EXPECT_NEAR(*distance_to_region({10, 2}, "CIRCLE ICRS 10 0 0.5"), 1.5, 1e-9);
  EXPECT_EQ(distance_to_region({10, 0.2}, "10 0 0.5"), 0);
  EXPECT_EQ(
      distance_to_region({20, 0}, "UNION ICRS ( POLYGON 9 -1 11 -1 11 1 9 1 POLYGON 19 -1 21 -1 21 1 19 1 )"),
      0);
  EXPECT_FALSE(distance_to_region({0, 0}, "nonsense"));
}

TEST(PositionMatchTest, ThePositionsInAFootprintBelongToIt) {
  const PositionMatch match(columns(), {{"a", "a", 10, 0}, {"b", "b", 10.4, 0}, {"c", "c", 12, 0}}, 0);
  const std::string region = "POLYGON ICRS 9.5 -0.5 10.5 -0.5 10.5 0.5 9.5 0.5";
  EXPECT_EQ(matched(match, row(10, 0, region)), "ab");
  EXPECT_EQ(matched(match, row(10.3, 0, region)), "ba") << "the nearest to the centre first";
}

TEST(PositionMatchTest, ARadiusReachesBeyondTheFootprint) {
  const PositionMatch match(columns(), {{"a", "a", 10, 0}, {"b", "b", 10.4, 0}, {"c", "c", 12, 0}}, 0.5);
  EXPECT_EQ(matched(match, row(10, 0, "")), "ab");
}

TEST(PositionMatchTest, IfNoneIsInItTheNearestBelongsToIt) {
  const PositionMatch match(columns(), {{"a", "a", 10, 0}, {"b", "b", 20, 0}}, 0.1);
  EXPECT_EQ(matched(match, row(17, 0, "")), "b");
  EXPECT_EQ(matched(match, {client::Value{}, client::Value{}, client::Value{}}), "");
}

}  // namespace
}  // namespace esofs::fs
