#include "client/adql/adql_conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esofs::client {
namespace {

using ::testing::ElementsAre;

TEST(AdqlConditionsTest, ConditionsAreTheTermsOfAnd) {
  const std::string adql =
      "SELECT TOP 5 * FROM ivoa.ObsCore AS o WHERE a='x and y' AND f(b, 2) > 3 and c LIKE 'z%' ORDER BY a";
  const auto found = conditions_of(adql);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tables, "ivoa.ObsCore AS o");
  EXPECT_THAT(found->each, ElementsAre("a='x and y'", "f(b, 2) > 3", "c LIKE 'z%'"));
  EXPECT_FALSE(found->grouped);
  EXPECT_EQ(adql.substr(found->begin, found->end - found->begin),
            " a='x and y' AND f(b, 2) > 3 and c LIKE 'z%' ");
  EXPECT_EQ(all_of({"a=1", "b=2"}), "a=1 AND b=2");
}

TEST(AdqlConditionsTest, BetweenKeepsItsAnd) {
  EXPECT_THAT(conditions_of("SELECT * FROM t WHERE a BETWEEN 1 AND 2 AND b=3")->each,
              ElementsAre("a BETWEEN 1 AND 2", "b=3"));
}

TEST(AdqlConditionsTest, WithOrTheyAreOneCondition) {
  EXPECT_THAT(conditions_of("SELECT * FROM t WHERE a=1 AND b=2 OR c=3")->each,
              ElementsAre("a=1 AND b=2 OR c=3"));
  EXPECT_THAT(conditions_of("SELECT * FROM t WHERE a=1 AND (b=2 OR c=3)")->each,
              ElementsAre("a=1", "(b=2 OR c=3)"));
}

TEST(AdqlConditionsTest, SubqueriesBelongToTheirCondition) {
  const auto found = conditions_of("SELECT * FROM t WHERE a IN (SELECT b FROM s WHERE c=1 AND d=2) AND e=3");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tables, "t");
  EXPECT_THAT(found->each, ElementsAre("a IN (SELECT b FROM s WHERE c=1 AND d=2)", "e=3"));
}

TEST(AdqlConditionsTest, OtherFormsAreNotTakenApart) {
  for (const char* adql :
       {"SELECT * FROM t", "SELECT 1", "SELECT * FROM t WHERE a=1 UNION SELECT * FROM s",
        "SELECT * FROM t WHERE a=1 AND", "REQUEST=queryData&POS=1,2", "SELECT * FROM t WHERE (a=1"})
    EXPECT_FALSE(conditions_of(adql)) << adql;
  EXPECT_TRUE(conditions_of("SELECT a FROM t WHERE b=1 GROUP BY a")->grouped);
}

TEST(AdqlConditionsTest, AnEqualityComparesAColumnWithAText) {
  const auto found = text_equality("o.target_name = 'Barnard''s star'");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->column, "o.target_name");
  EXPECT_EQ(found->value, "Barnard's star");
  for (const char* condition :
       {"a = 1", "a = b", "NOT a = 'x'", "a <> 'x'", "a = 'x' || 'y'", "f(a) = 'x'", "'x' = a"})
    EXPECT_FALSE(text_equality(condition)) << condition;
}

}  // namespace
}  // namespace esofs::client
