// Compares cutouts with the files they come from, pixel by pixel, by CFITSIO and WCSLIB.

#include <wcslib/spx.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <set>

#include "tests/unit/sim/sim_fixture.h"
#include "tests/unit/sim/soda/fits_pixels.h"

namespace esofs::sim {
namespace {

constexpr double kDegree = 0.017453292519943295;

double separation_deg(double ra1, double dec1, double ra2, double dec2) {
  const double a = std::sin((dec1 - dec2) / 2 * kDegree);
  const double b = std::sin((ra1 - ra2) / 2 * kDegree);
  return 2 * std::asin(std::sqrt(a * a + std::cos(dec1 * kDegree) * std::cos(dec2 * kDegree) * b * b)) /
         kDegree;
}

struct Circle {
  double ra, dec, radius;
};

class SodaCutTest : public SimTest {
 protected:
  Reply cutout(const std::string& id, const std::string& parameters) {
    return get(url(), "/dataPortal/soda/sync?ID=" + id + "&" + parameters);
  }
  FitsFile parent(const std::string& id) { return read_fits_bytes(get(url(), file(id)).body); }
  FitsFile cut(const std::string& id, const std::string& parameters) {
    const Reply reply = cutout(id, parameters);
    EXPECT_EQ(reply.status, 200) << reply.body.substr(0, 200);
    return read_fits_bytes(reply.body);
  }

  // Checks that every pixel of the cutout is the parent's at the same position of the sky; returns their numbers.
  static std::set<std::ptrdiff_t> expect_same_sky(const ImageHdu& part, const ImageHdu& whole) {
    std::set<std::ptrdiff_t> found;
    int wrong = 0;
    for (std::size_t i = 0; i < part.pixels.size(); ++i) {
      const auto at = whole.pixel_at(part.world(i));
      if (at < 0 || part.pixels[i] != whole.pixels[static_cast<std::size_t>(at)]) ++wrong;
      found.insert(at);
    }
    EXPECT_EQ(wrong, 0) << "of " << part.pixels.size() << " pixels";
    EXPECT_EQ(found.size(), part.pixels.size());
    return found;
  }

  static void expect_all_inside(const ImageHdu& whole, const std::set<std::ptrdiff_t>& found,
                                const Circle& circle) {
    int missing = 0;
    const auto lng = static_cast<std::size_t>(whole.wcs->lng);
    const auto lat = static_cast<std::size_t>(whole.wcs->lat);
    for (std::size_t i = 0; i < whole.pixels.size(); ++i) {
      const auto there = whole.world(i);
      const bool inside =
          separation_deg(there[lng], there[lat], circle.ra, circle.dec) < circle.radius * 0.99999;
      if (inside && found.count(static_cast<std::ptrdiff_t>(i)) == 0) ++missing;
    }
    EXPECT_EQ(missing, 0);
  }

  // Cuts out a circle and compares every HDU.
  void check_circle(const std::string& id, const Circle& circle) {
    const FitsFile whole = parent(id);
    const FitsFile part = cut(id, "CIRCLE=" + std::to_string(circle.ra) + "+" + std::to_string(circle.dec) +
                                      "+" + std::to_string(circle.radius));
    EXPECT_EQ(part.bad_checksums, 0);
    EXPECT_GT(part.good_checksums, 0);
    ASSERT_EQ(part.images.size(), whole.images.size());
    for (std::size_t i = 0; i < whole.images.size(); ++i) {
      EXPECT_EQ(part.images[i].name, whole.images[i].name);
      EXPECT_EQ(part.images[i].axes, part.images[0].axes) << "planes are cut alike";
      EXPECT_LT(part.images[i].pixels.size(), whole.images[i].pixels.size());
      const auto found = expect_same_sky(part.images[i], whole.images[i]);
      expect_all_inside(whole.images[i], found, circle);
    }
  }
};

TEST_F(SodaCutTest, CutsAnImage) { check_circle(kImage, {266.4150, -29.0061, 0.003}); }
TEST_F(SodaCutTest, CutsARotatedImageAcrossRightAscensionZero) {
  check_circle("ADP.2022-03-01T10:00:00.000", {0.001, -30.1005, 0.0015});
}
TEST_F(SodaCutTest, CutsAWeightMap) {
  check_circle("ADP.2022-03-01T10:00:00.001", {0.001, -30.1005, 0.0015});
}
TEST_F(SodaCutTest, CutsAnImageWithACurvedProjection) {
  check_circle("ADP.2022-03-01T10:00:00.020", {150.5, 60.4, 0.1});
}
TEST_F(SodaCutTest, CutsErrorAndQualityPlanesNearThePole) {
  check_circle("ADP.2022-03-01T10:00:00.040", {213.0, 89.19, 0.03});
}
TEST_F(SodaCutTest, CutsErrorAndQualityPlanes) {
  check_circle("ADP.2016-01-18T05:40:12.512", {266.4165, -29.0075, 0.0005});
}
TEST_F(SodaCutTest, CutsACube) {
  check_circle("ADP.2016-06-21T08:15:12.100", {11.8880583, -25.2888, 0.0004});
}
TEST_F(SodaCutTest, CutsARotatedCube) {
  check_circle("ADP.2022-03-01T10:00:00.060", {350.7003, -12.5001, 0.0005});
}
TEST_F(SodaCutTest, CutsTheWhiteLightImageOfACube) {
  check_circle("ADP.2016-06-21T08:15:12.101", {11.8880583, -25.2888, 0.0004});
}

TEST_F(SodaCutTest, AtTheEdgeCutsOnlyExistingPixels) {
  const FitsFile whole = parent(kImage);
  const auto corner = whole.images[0].world(0);
  const FitsFile part =
      cut(kImage, "CIRCLE=" + std::to_string(corner[0]) + "+" + std::to_string(corner[1]) + "+0.001");
  const auto found = expect_same_sky(part.images.at(0), whole.images[0]);
  EXPECT_EQ(found.count(0), 1U);
  expect_all_inside(whole.images[0], found, {corner[0], corner[1], 0.001});
}

TEST_F(SodaCutTest, APolygonAndARangeAreCutToTheirArea) {
  const FitsFile whole = parent(kImage);
  for (const char* parameter : {"POLYGON=266.414+-29.010+266.420+-29.010+266.417+-29.004",
                                "POS=POLYGON+266.414+-29.010+266.420+-29.010+266.417+-29.004",
                                "POS=RANGE+266.414+266.420+-29.010+-29.004"}) {
    const FitsFile part = cut(kImage, parameter);
    const auto found = expect_same_sky(part.images.at(0), whole.images[0]);
    expect_all_inside(whole.images[0], found, {266.417, -29.0085, 0.0012});
    EXPECT_LT(found.size(), whole.images[0].pixels.size() / 4);
  }
}

// MUSE cubes have wavelengths in air, BAND is in vacuum.
TEST_F(SodaCutTest, ABandOfACubeIsItsPlanesByVacuumWavelength) {
  for (const char* id : {"ADP.2016-06-21T08:15:12.100", "ADP.2022-03-01T10:00:00.060"}) {
    const FitsFile whole = parent(id);
    const FitsFile part = cut(id, "BAND=5.501e-07+6.499e-07");
    ASSERT_EQ(part.images.size(), 2U);
    for (std::size_t k = 0; k < 2; ++k) {
      const ImageHdu& cube = whole.images[k];
      const auto found = expect_same_sky(part.images[k], cube);
      std::set<std::ptrdiff_t> wanted;
      for (std::size_t i = 0; i < cube.pixels.size(); ++i) {
        double wave = cube.world(i)[2];
        int status = 0;
        if (std::string(cube.wcs->ctype[2]) == "AWAV") awavwave(0, 1, 1, 1, &wave, &wave, &status);
        if (wave >= 5.501e-07 && wave <= 6.499e-07) wanted.insert(static_cast<std::ptrdiff_t>(i));
      }
      EXPECT_EQ(found, wanted) << id;
    }
  }
}

TEST_F(SodaCutTest, CutsByPositionAndBandFromAGiant) {
  // 10 arcsec and 2 nm of 364 GB: reads only these bytes of the parent.
  const Reply reply = cutout(kLargest, "CIRCLE=11.8880583+-25.2888+0.0027777&BAND=6.52e-07+6.54e-07");
  ASSERT_EQ(reply.status, 200);
  const FitsFile part = read_fits_bytes(reply.body);
  ASSERT_EQ(part.images.size(), 2U);
  const ImageHdu& data = part.images[0];
  EXPECT_NEAR(static_cast<double>(data.axes[0]), 100, 1);
  EXPECT_NEAR(static_cast<double>(data.axes[1]), 100, 1);
  EXPECT_NEAR(static_cast<double>(data.axes[2]), 16, 1);
  // The parent's primary coordinates, as its header has them.
  const double x = 3501.0 / 2 - data.wcs->crpix[0];
  const double y = 3501.0 / 2 - data.wcs->crpix[1];
  const double z = 1 - data.wcs->crpix[2];
  const std::string start = bytes(kLargest, 0, 200000);
  const std::uint64_t data_start = start.find("END     ", start.find("XTENSION")) / 2880 * 2880 + 2880;
  for (std::size_t i = 0; i < data.pixels.size(); i += 997) {
    const auto at = data.coordinates(i);
    const auto index = static_cast<std::uint64_t>(at[0] + x - 1) +
                       3500 * (static_cast<std::uint64_t>(at[1] + y - 1)) +
                       3500ULL * 3500 * static_cast<std::uint64_t>(at[2] + z - 1);
    std::string raw = bytes(kLargest, data_start + 4 * index, 4);
    std::reverse(raw.begin(), raw.end());
    float value = 0;
    std::memcpy(&value, raw.data(), 4);
    ASSERT_EQ(static_cast<double>(value), data.pixels[i]) << i;
  }
}

TEST_F(SodaCutTest, ABandOfASpectrumIsItsSamplesInside) {
  const std::string id = "ADP.2014-09-16T11:04:45.123";
  const FitsFile whole = parent(id);
  const FitsFile part = cut(id, "BAND=5.0005e-07+5.101e-07");
  ASSERT_EQ(part.tables.size(), 1U);
  EXPECT_EQ(part.tables[0].rows, 1);
  EXPECT_EQ(part.bad_checksums, 0);
  const auto& wave = whole.tables.at(0).column("WAVE").values;
  for (const char* name : {"WAVE", "FLUX", "ERR"}) {
    std::vector<double> wanted;
    for (std::size_t i = 0; i < wave.size(); ++i) {
      if (wave[i] >= 500.05 && wave[i] <= 510.1) wanted.push_back(whole.tables[0].column(name).values[i]);
    }
    EXPECT_GT(wanted.size(), 10U);
    EXPECT_EQ(part.tables[0].column(name).values, wanted) << name;
  }
  EXPECT_NE(get(url(), file(id)).body.find("NELEM   =                 6000"), std::string::npos);
}

TEST_F(SodaCutTest, ACircleOfATableIsItsSourcesInside) {
  for (const char* id : {"ADP.2014-11-13T09:00:00.307", "ADP.2017-05-05T10:10:10.010"}) {
    const FitsFile whole = parent(id);
    const FitsFile part = cut(id, "CIRCLE=266.4168+-29.0078+0.1");
    ASSERT_EQ(part.tables.size(), 1U) << id;
    const auto& ra = whole.tables.at(0).column("RA2000").values;
    const auto& dec = whole.tables[0].column("DEC2000").values;
    for (const TableColumn& column : whole.tables[0].columns) {
      std::vector<double> wanted;
      for (std::size_t i = 0; i < ra.size(); ++i) {
        if (separation_deg(ra[i], dec[i], 266.4168, -29.0078) <= 0.1) wanted.push_back(column.values[i]);
      }
      EXPECT_GT(wanted.size(), 10U);
      EXPECT_LT(wanted.size(), ra.size());
      EXPECT_EQ(part.tables[0].column(column.name).values, wanted) << column.name;
    }
  }
}

}  // namespace
}  // namespace esofs::sim
