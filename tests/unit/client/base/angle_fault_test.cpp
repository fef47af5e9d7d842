#include "client/base/angle_fault.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace esofs {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(AngleFaultTest, WhatIsRightHasNoFault) {
  EXPECT_EQ(right_ascension_fault("05h35m17.3s"), "");
  EXPECT_EQ(declination_fault("-90"), "");
  EXPECT_EQ(radius_fault("30arcsec"), "");
  EXPECT_EQ(night_fault("2018-06-04"), "");
}

TEST(AngleFaultTest, ARadiusInOtherUnitsIsUnderstood) {
  for (const auto& [typed, meant] : {std::pair<std::string, std::string>{"30as", "30arcsec"},
                                     {"30\"", "30arcsec"},
                                     {"30sec", "30arcsec"},
                                     {"30''", "30arcsec"},
                                     {"1'", "1arcmin"},
                                     {"1min", "1arcmin"},
                                     {"1.5 Arcmin", "1.5arcmin"},
                                     {"-5arcsec", "5arcsec"},
                                     {"2degrees", "2deg"}})
    EXPECT_THAT(radius_fault(typed), EndsWith("; did you mean " + meant + "?")) << typed;
}

TEST(AngleFaultTest, ARadiusThatNobodyCanGuessHasTheUnits) {
  for (const char* typed : {"wide", "0", "200", "3parsec"}) {
    EXPECT_THAT(radius_fault(typed), HasSubstr("deg, arcmin, arcsec or mas")) << typed;
    EXPECT_THAT(radius_fault(typed), Not(HasSubstr("did you mean"))) << typed;
  }
}

TEST(AngleFaultTest, ADateInAnotherFormIsUnderstood) {
  for (const char* typed : {"20180604", "2018-6-4", "2018/06/04", "2018_06_04", "2018-06-04T12:00:00"})
    EXPECT_THAT(night_fault(typed), EndsWith("; did you mean 2018-06-04?")) << typed;
  EXPECT_THAT(night_fault("2018-02-30"), Not(HasSubstr("did you mean")));
  EXPECT_THAT(night_fault("yesterday"), HasSubstr("YYYY-MM-DD"));
}

TEST(AngleFaultTest, CoordinatesOutsideTheSkyHaveTheirRange) {
  EXPECT_EQ(
      declination_fault("95.9"),
      "'95.9' is no declination: it is a number of degrees from -90 to 90, or sexagesimal as -05d23m28s");
  EXPECT_THAT(right_ascension_fault("400"), HasSubstr("from 0 to 360"));
}

}  // namespace
}  // namespace esofs
