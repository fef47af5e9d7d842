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

TEST(TextTest, WhatALogCannotTakeBecomesQuestionMarks) {
  EXPECT_EQ(printable("a\tb\r\n\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x94\xAD"),
            "a\tb\r\n\xC3\xA9 \xE4\xB8\xAD \xF0\x9F\x94\xAD");
  EXPECT_EQ(printable(std::string_view("\0\x1b[2J\x7f", 6)), "??[2J?");
  EXPECT_EQ(printable("\xC2\x9B"
                      "31m"),
            "?31m");                                      // C1: a terminal's CSI
  EXPECT_EQ(printable("\xE9t\xE9 \xC3"), "?t? ?");        // Latin-1, and half a sequence
  EXPECT_EQ(printable("\xED\xA0\x80\xC0\xAF"), "?????");  // a surrogate, an overlong form
}

}  // namespace
}  // namespace esofs
