#include "client/model/cutout_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace esofs::client {
namespace {

using ::testing::HasSubstr;

TEST(CutoutFaultTest, ACutoutHasNoFault) {
  EXPECT_EQ(cutout_fault("circle_1_2_3arcsec__band_480nm_500nm__prefix_a"), "");
  EXPECT_EQ(cutout_fault("polygon_1_2_3_4_5_6"), "");
}

TEST(CutoutFaultTest, TheWrongPartIsNamedWithTheRightForm) {
  for (const auto& [name, told] :
       {std::pair<std::string, std::string>{"circle_1_2_30as", "did you mean 30arcsec?"},
        {"circle_1_2_30sec", "did you mean 30arcsec?"},
        {"circle_1_2", "circle_<ra>_<dec>_<radius>"},
        {"circle_1_95_3arcsec", "'95' is no declination"},
        {"circle_1_2_-3arcsec", "did you mean 3arcsec?"},
        {"Circle_1_2_3arcsec", "did you mean circle?"},
        {"box_1_2_3_4", "a box is a polygon of four corners"},
        {"polygon_1_2_3_4", "three corners or more"},
        {"polygon_1_2_3_4_5_99", "'99' is no declination"},
        {"band_500nm_480nm", "from short to long"},
        {"band_480nm", "band_<lo>_<hi>"},
        {"prefix_x", "needs a shape"},
        {"circle_1_2_3__circle_1_2_4", "once"},
        {"circle_1_2_3__polygon_1_2_3_4_5_6", "not both"}})
    EXPECT_THAT(cutout_fault(name), HasSubstr(told)) << name;
}

}  // namespace
}  // namespace esofs::client
