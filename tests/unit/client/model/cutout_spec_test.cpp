#include "client/model/cutout_spec.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace esofs::client {
namespace {

std::string canonical(const std::string& name) {
  const auto spec = parse_cutout_spec(name);
  return spec ? canonical_name(*spec) : "none";
}

TEST(CutoutSpecTest, EqualRegionsHaveOneCanonicalName) {
  const std::string circle = "circle_83.82_-5.39_0.008333333333";
  for (const char* name :
       {"circle_83.82_-5.39_30arcsec", "circle_83.82_-5.39_0.5arcmin", "circle_83.82deg_-5.39_30arcsec",
        "circle_83.820_-05.390_30000mas", "circle_83d49m12s_-05d23m24s_30arcsec",
        "circle_05h35m16.8s_-05d23m24s_0.5arcmin"}) {
    EXPECT_EQ(canonical(name), circle) << name;
  }
}

TEST(CutoutSpecTest, WavelengthsAreMetresUnlessAUnitSaysOtherwise) {
  for (const char* name : {"band_480nm_500nm", "band_4800A_5000A", "band_4.8e-7_5e-7", "band_0.48um_0.5um",
                           "band_0.00048mm_5.0e-07m"}) {
    EXPECT_EQ(canonical(name), "band_4.8e-07_5e-07") << name;
  }
}

TEST(CutoutSpecTest, PartsComeInAnyOrderAndAreOneName) {
  const std::string name = "circle_11.888_-25.288_0.05__band_6.52e-07_6.62e-07__prefix_NGC253_core";
  EXPECT_EQ(canonical("prefix_NGC253_core__band_652nm_662nm__circle_11.888_-25.288_3arcmin"), name);
  EXPECT_EQ(canonical(name), name) << "the canonical name is read back";
}

TEST(CutoutSpecTest, APolygonMayBeginAtAnyCornerAndMayBeClosed) {
  const std::string name = "polygon_10_-5_11_-5_11_-4";
  EXPECT_EQ(canonical("polygon_11_-5_11_-4_10_-5"), name);
  EXPECT_EQ(canonical("polygon_10_-5_11_-5_11_-4_10_-5"), name);
  EXPECT_NE(canonical("polygon_10_-5_11_-4_11_-5"), name) << "the other way round is another region";
}

TEST(CutoutSpecTest, TheEndsOfTheSkyAreTakenAndNormalised) {
  EXPECT_EQ(canonical("circle_360_90_180"), "circle_0_90_180");
  EXPECT_EQ(canonical("circle_359.9999999999999_-0_1"), "circle_0_0_1");
}

TEST(CutoutSpecTest, WhatIsNotWhollyOfTheGrammarIsNoSpec) {
  for (const char* name : {"",
                           "_",
                           "__",
                           "circle",
                           "circle_",
                           "circle_1_2",
                           "circle_1_2_3_4",
                           "circle_1_2_0",
                           "circle_1_2_-1",
                           "circle_361_0_1",
                           "circle_-1_0_1",
                           "circle_0_91_1",
                           "circle_1_2_181",
                           "circle_1_2_3arcsecs",
                           "circle_1_2_0.05.fits",
                           "circle_1_2_3__",
                           "__circle_1_2_3",
                           "circle_1_2_3__circle_1_2_3",
                           "circle_1_2_3__polygon_1_1_2_2_3_1",
                           "Circle_1_2_3",
                           "circle_nan_0_1",
                           "circle_0_inf_1",
                           "circle_0x10_0_1",
                           "circle_1_2_3 ",
                           "circle_1,2_3_1",
                           "polygon_1_2_3_4",
                           "polygon_1_2_3_4_5",
                           "polygon_1_2_3_4_1_2",
                           "band_5e-7",
                           "band_5e-7_4e-7",
                           "band_0_1",
                           "band_-1_1",
                           "band_480nm_500nm_1",
                           "band_480NM_500nm",
                           "band_inf_inf",
                           "prefix_x",
                           "circle_1_2_3__prefix_",
                           "circle_1_2_3__prefix_a.fits",
                           "circle_1_2_3__prefix_a/b",
                           "login.cl",
                           "NAXIS1",
                           "circle_1_2_3[1]",
                           "circle_1_2_1e999"}) {
    EXPECT_FALSE(parse_cutout_spec(name)) << name;
  }
}

CutoutOffer offer_of_cube() {
  CutoutOffer offer;
  offer.any = offer.circles = offer.bands = true;
  offer.field = SkyCircle{{11.888, -25.288}, 0.02};
  offer.range = Band{4.75e-7, 9.35e-7};
  return offer;
}

int refusal(const std::string& name, const CutoutOffer& offer) {
  const auto checked = check_cutout(parse_cutout_spec(name).value(), offer);
  return checked ? 0 : checked.error().code();
}

TEST(CutoutOfferTest, ACutoutWithinTheDatasetIsPossible) {
  const auto offer = offer_of_cube();
  EXPECT_EQ(refusal("circle_11.888_-25.288_1arcsec", offer), 0);
  EXPECT_EQ(refusal("circle_11.92_-25.288_1arcmin", offer), 0) << "it overlaps";
  EXPECT_EQ(refusal("circle_11.888_-25.288_10", offer), 0) << "more than there is";
  EXPECT_EQ(refusal("band_480nm_2um", offer), 0);
}

TEST(CutoutOfferTest, WhatLiesOutsideIsNoDataAndWhatIsNotTakenIsInvalid) {
  const auto offer = offer_of_cube();
  EXPECT_EQ(refusal("circle_12.5_-25.288_1arcmin", offer), ENODATA);
  EXPECT_EQ(refusal("circle_11.888_25.288_1", offer), ENODATA);
  EXPECT_EQ(refusal("band_1um_2um", offer), ENODATA);
  EXPECT_EQ(refusal("circle_11.888_-25.288_1arcsec__band_300nm_400nm", offer), ENODATA);
  EXPECT_EQ(refusal("polygon_11_-25_12_-25_12_-26", offer), EINVAL);
  EXPECT_EQ(refusal("circle_11.888_-25.288_1", CutoutOffer()), ENOTSUP);
}

TEST(CutoutOfferTest, DistancesAreThoseOnTheSphere) {
  EXPECT_NEAR(separation_deg({359.9, 0}, {0.1, 0}), 0.2, 1e-12);
  EXPECT_NEAR(separation_deg({10, 89.9}, {190, 89.9}), 0.2, 1e-12);
  EXPECT_NEAR(separation_deg({0, 0}, {1e-7, 0}), 1e-7, 1e-16);
  const auto circle = enclosing_circle({{359, -1}, {1, -1}, {1, 1}, {359, 1}});
  EXPECT_NEAR(separation_deg(circle.centre, {0, 0}), 0, 1e-9);
  EXPECT_NEAR(circle.radius_deg, 1.41412, 1e-4);
}

TEST(CutoutOfferTest, TheShareOfACutoutIsItsPartOfTheFieldAndOfTheBand) {
  const auto offer = offer_of_cube();
  const auto share = [&offer](const char* name) {
    return cutout_share(parse_cutout_spec(name).value(), offer);
  };
  EXPECT_NEAR(share("circle_11.888_-25.288_0.002"), 0.02, 1e-9);
  EXPECT_NEAR(share("band_600nm_646nm"), 0.1, 1e-9);
  EXPECT_EQ(share("circle_11.888_-25.288_5"), 1);
}

}  // namespace
}  // namespace esofs::client
