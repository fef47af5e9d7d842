#include "client/base/text.h"

#include <gtest/gtest.h>

namespace esofs {
namespace {

TEST(TextTest, OnlyAsciiLettersChangeTheirCase) {
  EXPECT_EQ(lower("Raw2MASTER \xC3\x84"), "raw2master \xC3\x84");
  EXPECT_TRUE(same_word("QUERY_STATUS", "query_status"));
  EXPECT_FALSE(same_word("query", "query_status"));
  EXPECT_FALSE(same_word("query_status", "query"));
}

TEST(TextTest, BeginningsAndEndsAreFoundInAnyCase) {
  EXPECT_TRUE(begins_with_any_case("User.ESO.dp_id", "user.eso."));
  EXPECT_FALSE(begins_with_any_case("user", "user.eso."));
  EXPECT_TRUE(ends_with_any_case("a.FITS.z", ".fits.Z"));
  EXPECT_FALSE(ends_with_any_case("Z", ".fits.Z"));
  EXPECT_TRUE(ends_with_any_case("", ""));
}

TEST(TextTest, BlanksAreTakenFromTheEndsOnly) {
  EXPECT_EQ(trimmed(" \t a b\r\n"), "a b");
  EXPECT_EQ(trimmed(" \n"), "");
  EXPECT_EQ(trimmed("\ta ", " "), "\ta");
}

TEST(TextTest, PercentSignsWithoutTwoDigitsStandForThemselves) {
  EXPECT_EQ(percent_decoded("a%3Ab%3a%2f"), "a:b:/");
  EXPECT_EQ(percent_decoded("100%"), "100%");
  EXPECT_EQ(percent_decoded("%4"), "%4");
  EXPECT_EQ(percent_decoded("%zz%-1"), "%zz%-1");
  EXPECT_EQ(percent_decoded(""), "");
}

}  // namespace
}  // namespace esofs
