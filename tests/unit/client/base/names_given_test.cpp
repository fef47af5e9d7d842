#include "client/base/names_given.h"

#include <gtest/gtest.h>

#include "client/base/text.h"

namespace esofs {
namespace {

TEST(NamesGivenTest, NamesDifferAlsoWhereTheyArePortable) {
  NamesGiven names;
  EXPECT_EQ(names.give("a.png"), "a.png");
  EXPECT_EQ(names.give("a.png"), "a-2.png");
  EXPECT_EQ(names.give("a.png"), "a-3.png");
  EXPECT_EQ(names.give("a-4.png"), "a-4.png");
  EXPECT_EQ(names.give("a.png"), "a-5.png");
  EXPECT_EQ(names.give("a b"), "a b");
  EXPECT_EQ(names.give("a:b"), "a:b-2");
  EXPECT_EQ(names.give("../x"), ".._x");
  EXPECT_EQ(names.give(".."), "__");
}

TEST(NamesGivenTest, AReservedNameIsNotGiven) {
  NamesGiven names;
  names.reserve("status.txt");
  EXPECT_EQ(names.give("status.txt"), "status-2.txt");
}

TEST(NamesGivenTest, ARuleSaysWhichNamesAreTheSame) {
  NamesGiven names({lower, [](std::string_view name, unsigned number) {
                      return std::string(name) + "#" + std::to_string(number);
                    }});
  EXPECT_EQ(names.give("Sky.fits"), "Sky.fits");
  EXPECT_EQ(names.give("sky.fits"), "sky.fits#2");
  EXPECT_EQ(names.give("a:b"), "a:b");
  EXPECT_EQ(names.give("a b"), "a b");
}

}  // namespace
}  // namespace esofs
