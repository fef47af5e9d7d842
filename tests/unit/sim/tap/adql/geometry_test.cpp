#include <gmock/gmock.h>

#include "tests/sim/tap/adql/geometry.h"
#include "tests/unit/sim/tap/tap_fixture.h"

namespace esofs::sim {
namespace {

using namespace tap;  // NOLINT(google-build-using-namespace)

Region region(const std::string& text) { return parse_region(text).value_or(Region{}); }

TEST(TapGeometry, RegionsOfEsoAreRead) {
  EXPECT_EQ(region("POLYGON J2000 1 2 3 4 5 6")[0].corners.size(), 3U);
  EXPECT_EQ(region("POSITION J2000 266.414807 -29.00877").size(), 1U);
  EXPECT_EQ(region("UNION J2000 (POLYGON J2000 0 0 1 0 1 1 POLYGON 2 0 3 0 3 1)").size(), 2U);
  EXPECT_EQ(region("circle 12 34 0.5")[0].radius_deg, 0.5);
  EXPECT_EQ(region("BOX ICRS 10 0 2 2")[0].corners.size(), 4U);
}

TEST(TapGeometry, TextWithoutAFootprintGivesNoRegion) {
  for (const char* text :
       {"", "POLYGON J2000 1 2 3 4 5", "POLYGON J2000 1 2 3 4", "garbage", "POSITION J2000 1"})
    EXPECT_FALSE(parse_region(text).has_value()) << text;
}

TEST(TapGeometry, AreasAreThoseOfTheSphere) {
  EXPECT_NEAR(region_area(region("POLYGON 0 0 90 0 0 90")), 4 * 180 * 180 / 3.14159265358979 / 8, 1e-6);
  EXPECT_NEAR(region_area(region("CIRCLE 10 20 1")), 3.14151286, 1e-6);
  EXPECT_NEAR(region_area(region("POLYGON 9.9 -0.1 9.9 0.1 10.1 0.1 10.1 -0.1")), 0.04, 1e-6);
}

TEST(TapGeometry, PolygonsAcrossTheMeridianAndThePoleHoldTheirPoints) {
  const Region wrap = region("POLYGON 359 -1 1 -1 1 1 359 1");
  EXPECT_TRUE(region_contains(wrap, region("POSITION 0.5 0")));
  EXPECT_TRUE(region_contains(wrap, region("POSITION 359.5 0")));
  EXPECT_FALSE(region_contains(wrap, region("POSITION 180 0")));
  const Region pole = region("POLYGON 0 80 90 80 180 80 270 80");
  EXPECT_TRUE(region_contains(pole, region("POSITION 33 89")));
  EXPECT_FALSE(region_contains(pole, region("POSITION 33 70")));
}

TEST(TapGeometry, OverlapIsFoundWithoutACornerInside) {
  const Region wide = region("POLYGON -2 -0.5 2 -0.5 2 0.5 -2 0.5");
  const Region tall = region("POLYGON -0.5 -2 0.5 -2 0.5 2 -0.5 2");
  EXPECT_TRUE(regions_intersect(wide, tall));
  EXPECT_NEAR(overlap_area(wide, tall), 1, 1e-3);
  EXPECT_FALSE(regions_intersect(wide, region("POLYGON 3 3 4 3 4 4")));
  EXPECT_TRUE(regions_intersect(wide, region("CIRCLE 0 1 0.6")));
  EXPECT_FALSE(regions_intersect(wide, region("CIRCLE 0 1 0.4")));
  EXPECT_TRUE(region_contains(wide, region("CIRCLE 0 0 0.4")));
  EXPECT_FALSE(region_contains(wide, region("CIRCLE 0 0 0.6")));
}

using TapGeometryQueryTest = TapTest;

TEST_F(TapGeometryQueryTest, ConesFindPointsPolygonsAndUnions) {
  EXPECT_EQ(rows("SELECT dp_id FROM ivoa.ObsCore WHERE 1=CONTAINS(POINT('ICRS', s_ra, s_dec), CIRCLE('', 10, "
                 "-30, 0.1))"),
            "ADP.2014-07-11T10:00:32.830");
  EXPECT_EQ(
      rows("SELECT dp_id FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('J2000', 11.5, -30, 0.01)) = 1"),
      "ADP.2016-06-21T08:15:12.100");
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE 1=INTERSECTS(s_region, POLYGON(9, -31, 12, -31, "
                 "12, -29, 9, -29))"),
            "2");
  EXPECT_EQ(
      rows("SELECT count(*) FROM ivoa.ObsCore WHERE 1=INTERSECTS(CIRCLE(POINT(200.5, 45), 1), s_region)"),
      "1");
}

TEST_F(TapGeometryQueryTest, RowsWithoutARegionMatchNeither) {
  EXPECT_EQ(rows("SELECT count(*) FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('',0,0,180)) = 1"),
            "3");
}

TEST_F(TapGeometryQueryTest, FunctionsOfEsoWork) {
  EXPECT_EQ(rows("SELECT TOP 1 ROUND(ESO_INTERSECTION(a.s_region, b.s_region) / AREA(a.s_region), 6) FROM "
                 "ivoa.ObsCore a, "
                 "ivoa.ObsCore b WHERE a.dp_id = b.dp_id AND a.s_ra = 10"),
            "1.0");
  EXPECT_EQ(rows("SELECT TOP 1 ESO_SUBSTRING(dp_id, 5, 4), ESO_DATEADD_SEC(-29, obs_release_date) FROM "
                 "ivoa.ObsCore"),
            "2014,2026-08-19T13:28:00.000Z");
  EXPECT_EQ(rows("SELECT TOP 1 ROUND(DISTANCE(POINT(10, 0), POINT(11, 0)), 9), COORD1(POINT(10, 20)) FROM "
                 "ivoa.ObsCore"),
            "1.0,10.0");
}

TEST_F(TapGeometryQueryTest, TheCatalogueServiceTakesConesOnly) {
  service_ = TapService::make(TapService::Kind::kCat, "http://x/tap_cat", holdings_);
  const std::string from = "SELECT count(*) FROM safcat.SIMSURVEY_CAT_V2 WHERE ";
  const std::string cone = "CONTAINS(POINT('',RA2000,DEC2000),CIRCLE('',53.1,-27.8,0.1))";
  EXPECT_NE(rows(from + cone + "=1"), "0");
  EXPECT_EQ(query(from + cone + "=0").status, 400);
  EXPECT_EQ(query(from + "INTERSECTS(POINT('',RA2000,DEC2000),CIRCLE('',53.1,-27.8,0.1))=1").status, 400);
}

}  // namespace
}  // namespace esofs::sim
