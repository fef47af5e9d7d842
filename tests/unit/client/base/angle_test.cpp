// Angles in names: what is read, to the last bit, and what is refused.
#include "client/base/angle.h"

#include <gtest/gtest.h>

#include <string>

namespace esofs {
namespace {

TEST(Angle, IsADecimalNumberOfDegreesUnlessAUnitIsAppended) {
  EXPECT_EQ(parse_angle("83.82"), 83.82);
  EXPECT_EQ(parse_angle("-5.39"), -5.39);
  EXPECT_EQ(parse_angle("+5."), 5.0);
  EXPECT_EQ(parse_angle(".5deg"), 0.5);
  EXPECT_EQ(parse_angle("30arcsec"), 30.0 / 3600);
  EXPECT_EQ(parse_angle("1.5arcmin"), 1.5 / 60);
  EXPECT_EQ(parse_angle("20mas"), 20.0 / 3'600'000);
}

TEST(Angle, IsReadInSexagesimalForm) {
  EXPECT_DOUBLE_EQ(*parse_angle("05h35m17.3s"), 15 * (5 + 35.0 / 60 + 17.3 / 3600));
  EXPECT_DOUBLE_EQ(*parse_angle("-05d23m28s"), -(5 + 23.0 / 60 + 28.0 / 3600));
  EXPECT_DOUBLE_EQ(*parse_angle("-00d30m"), -0.5);
  EXPECT_DOUBLE_EQ(*parse_angle("5h35.3m"), 15 * (5 + 35.3 / 60));
  EXPECT_DOUBLE_EQ(*parse_angle("12h"), 180);
}

TEST(Angle, WithColonsIsHoursOfARightAscensionAndDegreesOtherwise) {
  EXPECT_DOUBLE_EQ(*parse_right_ascension("05:35:17.3"), 15 * (5 + 35.0 / 60 + 17.3 / 3600));
  EXPECT_DOUBLE_EQ(*parse_declination("-05:23:28"), -(5 + 23.0 / 60 + 28.0 / 3600));
}

TEST(Angle, RefusesEverythingElse) {
  for (const char* text :
       {"",           "-",      ".",       "1e5",         "5 ",    " 5",  "5degrees", "5DEG",
        "05h35m17.3", "05h60m", "5d5m60s", "05h35.5m17s", "5:",    ":5",  "5:5:5:5",  "5m",
        "5s",         "nan",    "inf",     "0x10",        "1.2.3", "--5", "5arcsec5", "1d2h"})
    EXPECT_FALSE(parse_angle(text)) << text;
  EXPECT_FALSE(parse_angle(std::string(400, '9')));
}

TEST(Angle, StaysInTheRangeOfWhatItIs) {
  EXPECT_EQ(parse_right_ascension("360"), 0.0);
  EXPECT_FALSE(parse_right_ascension("360.1"));
  EXPECT_FALSE(parse_right_ascension("-1"));
  EXPECT_EQ(parse_declination("-90"), -90.0);
  EXPECT_FALSE(parse_declination("90.01"));
  EXPECT_EQ(parse_radius("180"), 180.0);
  EXPECT_FALSE(parse_radius("0"));
  EXPECT_FALSE(parse_radius("-1"));
  EXPECT_FALSE(parse_radius("181"));
  EXPECT_FALSE(parse_radius("1h"));
}

TEST(Angle, HasOneTextThatIsReadAgainAsTheSameAngle) {
  EXPECT_EQ(angle_text(83.82), "83.82");
  EXPECT_EQ(angle_text(-0.0), "0");
  EXPECT_EQ(angle_text(180), "180");
  EXPECT_EQ(angle_text(20.0 / 3'600'000).find('e'), std::string::npos);
  for (const double degrees : {30.0 / 3600, 1e-9, -89.999999999, 359.123456789012})
    EXPECT_EQ(parse_angle(angle_text(degrees)), degrees);
}

}  // namespace
}  // namespace esofs
