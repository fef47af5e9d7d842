// status.txt of calibrations.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/fs/datasets/calibrations_fixture.h"

namespace esofs::tests {
namespace {

class CalibrationStatusTest : public CalibrationsFixture {};

TEST_F(CalibrationStatusTest, ItGivesModeCompletenessCertificationAndCategories) {
  found_.messages = {"no flat", "bad\nline\x07"};
  put(CalibrationMode::kRaw,
      {calibration(kOtherId, kOtherId + ".fits", "BIAS"), calibration("x", "x.fits", "")});
  const auto text = status("raw");
  for (const std::string& line :
       {"dataset: " + kId + "\n", std::string("asked: Raw2Raw\n"), std::string("mode: Raw2Raw\n"),
        std::string("complete: yes\n"), std::string("certified: no\n"), std::string("files: 2\n"),
        std::string("message: no flat\n"), std::string("message: bad line \n"),
        "BIAS  " + kOtherId + ".fits\n", std::string("-     x.fits\n")})
    EXPECT_TRUE(has(text, line)) << line << "\n" << text;
  EXPECT_FALSE(has(text, "warning"));
}

TEST_F(CalibrationStatusTest, RawCalibrationsInsteadOfMastersAreAWarning) {
  put(CalibrationMode::kMaster, {calibration(kOtherId, kOtherId + ".fits")});
  EXPECT_TRUE(has(status("master"), "warning: these are raw calibrations: masters were asked for"))
      << status("master");
  found_.mode = "raw2MASTER";
  put(CalibrationMode::kMaster, {});
  EXPECT_FALSE(has(status("master"), "warning")) << "upper and lower case do not count";
  found_.mode = "";
  put(CalibrationMode::kMaster, {});
  EXPECT_TRUE(has(status("master"), "mode: the archive does not say"));
}

}  // namespace
}  // namespace esofs::tests
