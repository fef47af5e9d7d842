#include "fs/queries/header_values.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

namespace esofs::fs {
namespace {

using Kind = HeaderValue::Kind;

HeaderValue value_of_card(const std::string& card, const std::string& keyword) {
  const auto units = header_values("SIMPLE  =                    T\n" + card + "\nEND\n", {keyword});
  return units.size() == 1 ? units[0][0] : HeaderValue{Kind::kText, "no unit"};
}

TEST(HeaderKeywordTest, TheFormsOfFitsortAreOneKeyword) {
  for (const char* form :
       {"ESO DET DIT", "eso det dit", "ESO.DET.DIT", "DET.DIT", "HIERARCH ESO DET DIT", " ESO  DET DIT "}) {
    const auto keyword = header_keyword(form);
    ASSERT_TRUE(keyword) << form;
    EXPECT_EQ(*keyword, "ESO DET DIT") << form;
  }
  EXPECT_EQ(*header_keyword("mjd-obs"), "MJD-OBS");
}

TEST(HeaderKeywordTest, WhatIsNoKeywordIsEinval) {
  for (const char* text : {"", "EXPOSURETIME", "a,b", "OBJECT=", "é", "OBJECT EXPTIME", "OBJECT\tEXPTIME"}) {
    const auto keyword = header_keyword(text);
    ASSERT_FALSE(keyword) << text;
    EXPECT_EQ(keyword.error().code(), EINVAL);
  }
}

TEST(HeaderValuesTest, EachKindOfValueIsReadAsItIsWritten) {
  for (const auto& [card, expected] :
       {std::pair<std::string, HeaderValue>{"OBJECT  = 'NGC 253 '           / the target",
                                            {Kind::kText, "NGC 253"}},
        {"OBJECT  = 'it''s / odd'", {Kind::kText, "it's / odd"}},
        {"OBJECT  = ''", {Kind::kText, ""}},
        {"OBJECT  =                 12.50 / a number", {Kind::kReal, "12.50"}},
        {"OBJECT  =                1.5D+3", {Kind::kReal, "1.5D+3"}},
        {"OBJECT  =                   +42", {Kind::kInteger, "+42"}},
        {"OBJECT  =                     T / logical", {Kind::kLogical, "T"}},
        {"OBJECT  =                       / undefined", {}},
        {"OBJECT  'NGC 253'", {}},
        {"COMMENT OBJECT  = 'NGC 253'", {}}})
    EXPECT_EQ(value_of_card(card, "OBJECT"), expected) << card;
}

TEST(HeaderValuesTest, HierarchKeywordsAreFound) {
  EXPECT_EQ(value_of_card("HIERARCH ESO DET DIT = 2.0 / Integration time", "ESO DET DIT"),
            (HeaderValue{Kind::kReal, "2.0"}));
  EXPECT_EQ(value_of_card("HIERARCH ESO DPR CATG= 'SCIENCE'", "ESO DPR CATG"),
            (HeaderValue{Kind::kText, "SCIENCE"}));
}

TEST(HeaderValuesTest, TheFirstOfTwoCardsCounts) {
  EXPECT_EQ(value_of_card("OBJECT  = 'a'\nOBJECT  = 'b'", "OBJECT").text, "a");
}

TEST(HeaderValuesTest, ALongTextIsJoined) {
  EXPECT_EQ(value_of_card("OBJECT  = 'one &'\nCONTINUE  'two&'\nCONTINUE  ' three'", "OBJECT").text,
            "one two three");
}

TEST(HeaderValuesTest, EveryUnitHasItsOwnValues) {
  const auto units =
      header_values("OBJECT  = 'a'\nEND\n\nXTENSION= 'IMAGE'\n\nEXTNAME = 'x'\nEND\n", {"OBJECT", "EXTNAME"});
  ASSERT_EQ(units.size(), 2U);
  EXPECT_EQ(units[0][0].text, "a");
  EXPECT_EQ(units[1][0].kind, Kind::kMissing);
  EXPECT_EQ(units[1][1].text, "x");
}

}  // namespace
}  // namespace esofs::fs
