// Templates and their arguments: what is accepted, what stands in the query, and that no argument leaves its place.
#include "fs/browse/browse_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <stdexcept>
#include <string>

#include "fs/queries/saved_query.h"

namespace esofs::fs {
namespace {

using ::testing::HasSubstr;

BrowseTemplate made(const std::string& text, const std::string& file = "mine.adql") {
  auto parsed = BrowseTemplate::parse(file, text);
  if (!parsed) throw std::runtime_error(parsed.error().what());
  return *std::move(parsed);
}

std::string refusal(const std::string& text, const std::string& file = "mine.adql") {
  auto parsed = BrowseTemplate::parse(file, text);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code(), EINVAL);
  return parsed.error().what();
}

// The ADQL of a template of one directory, for a name; "no match".
std::string filled(const BrowseTemplate& used, const std::string& name) {
  auto arguments = used.match(0, name);
  if (!arguments) return "no match";
  auto query = parse_saved_query(used.fill(*arguments));
  return query ? query->adql : query.error().what();
}

TEST(BrowseTemplateTest, NoArgumentCanLeaveItsPlace) {
  const auto text = made("SELECT * FROM t WHERE a = {name:text} AND b LIKE {name.contains}");
  EXPECT_EQ(filled(text, "Barnard's star"),
            "SELECT * FROM t WHERE a = 'Barnard''s star' AND b LIKE '%Barnard''s star%'");
  EXPECT_EQ(filled(text, "x' OR 'a'-- "), "no match");  // ends with a blank
  EXPECT_EQ(filled(text, "x' OR (1)--"),
            "SELECT * FROM t WHERE a = 'x'' OR (1)--' AND b LIKE '%x'' OR (1)--%'");
  EXPECT_EQ(filled(text, "100%"), "no match");
  // Two signs would begin a comment, two quotes would be one in a literal.
  EXPECT_EQ(filled(made("SELECT 1-{d:dec} FROM t"), "-5"), "SELECT 1- -5 FROM t");
  EXPECT_EQ(filled(made("SELECT 'a'{n:text}'b' FROM t"), "x"), "SELECT 'a' 'x' 'b' FROM t");
  const auto ssap = made("-- service: ssap\nREQUEST=queryData&TARGETNAME={n:text}");
  EXPECT_EQ(filled(ssap, "a&POS=1"), "no match");
  EXPECT_EQ(filled(ssap, "a&POS"), "REQUEST=queryData&TARGETNAME=a%26POS");
}

TEST(BrowseTemplateTest, WithoutAPathEachPlaceholderIsADirectory) {
  const auto two = made("-- Title here\nSELECT * FROM t WHERE a = {a:integer} AND b = {b:text} AND c < {a}");
  ASSERT_EQ(two.depth(), 2U);
  EXPECT_EQ(two.title(), "Title here");
  EXPECT_EQ(two.form(), "<a>/<b>");
  EXPECT_TRUE(two.match(0, "-12"));
  EXPECT_FALSE(two.match(0, "12.5"));
  EXPECT_TRUE(two.match(1, "word"));
}

TEST(BrowseTemplateTest, ItsDirectivesAreThoseOfSavedQueries) {
  const auto own = made("-- maxrec: 7\n-- service: cat\n-- path: {a:text}\nSELECT * FROM t WHERE a = {a}");
  const auto query = parse_saved_query(own.fill(*own.match(0, "x")));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->maxrec, 7U);
  EXPECT_EQ(query->service, "cat");
  EXPECT_EQ(query->adql, "SELECT * FROM t WHERE a = 'x'");
}

TEST(BrowseTemplateTest, ADirectoryMayBeLeftOutIfTheTemplateHasAQueryForThat) {
  const auto both = made(
      "-- Title\n-- maxrec: 7\n-- path: {a:text}/{n:night}\n"
      "-- without a: SELECT * FROM t WHERE d > {n.begin}\nSELECT * FROM t WHERE a = {a} AND d > {n.begin}");
  ASSERT_TRUE(both.without(0));
  EXPECT_FALSE(both.without(1));
  const auto query = parse_saved_query(both.without(0)->fill(*both.without(0)->match(0, "2024-01-31")));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->adql, "SELECT * FROM t WHERE d > '2024-01-31T12:00:00'");
  EXPECT_EQ(query->maxrec, 7U);
  EXPECT_EQ(both.without(0)->form(), "<n>");
}

TEST(BrowseTemplateTest, ExistingValuesComeFromANearQueryOrTheList) {
  const auto used = made(
      "-- path: {p:programme}/{a:text}\n-- list a: SELECT a FROM v\n"
      "-- near p: SELECT p FROM t WHERE p LIKE {p.period}\nSELECT {p} {a}");
  auto arguments = *used.match(0, "195.b-0283.a");
  arguments.merge(*used.match(1, "x"));
  const auto all = used.existing(arguments);
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].adql, "SELECT a FROM v");
  EXPECT_EQ(all[0].wanted, "x");
  EXPECT_FALSE(all[0].programme);
  EXPECT_EQ(all[1].adql, "SELECT p FROM t WHERE p LIKE '195.B-%'");
  EXPECT_EQ(all[1].wanted, "195.B-0283(A)");
  EXPECT_TRUE(all[1].programme);
}

TEST(BrowseTemplateTest, ErrorsSayWhereAndWhatWasMeant) {
  EXPECT_EQ(refusal("-- one\n-- two\nSELECT *\nFROM t WHERE a={a:txt}"),
            "template mine.adql, line 4: {a:txt}: no type 'txt'; did you mean 'text'?");
  EXPECT_THAT(refusal("SELECT {a}"), HasSubstr("line 1: {a}: no type"));
  EXPECT_THAT(refusal("SELECT '{a:text}'"), HasSubstr("line 1: a placeholder inside quotes"));
  EXPECT_THAT(refusal("SELECT \"{a:text}\""), HasSubstr("inside quotes"));
  EXPECT_THAT(refusal("SELECT {a:text"), HasSubstr("never closed"));
  EXPECT_THAT(refusal("SELECT {a:text.tail}"), HasSubstr("its members are none, .prefix, .contains"));
  EXPECT_THAT(refusal("SELECT {n:night}"), HasSubstr("its members are .begin"));
  EXPECT_THAT(refusal("-- path: {a:text}\nSELECT {a} {b:text}"), HasSubstr("{b} is missing in -- path:"));
  EXPECT_THAT(refusal("-- path: {a:text}{b:text}\nSELECT {a} {b}"), HasSubstr("line 1: two placeholders"));
  EXPECT_THAT(refusal("-- path: a/{a:text}\nSELECT {a}"), HasSubstr("each directory of a path"));
  EXPECT_THAT(refusal("-- maxrec: many\nSELECT {a:text}"), HasSubstr("line 1: query.adql: -- maxrec"));
  EXPECT_THAT(refusal("-- list b: SELECT 1\nSELECT {a:text}"), HasSubstr("line 1: -- list b"));
  EXPECT_THAT(refusal("-- recent a: SELECT 1\nSELECT {a:text}"),
              HasSubstr("line 1: -- recent a: no placeholder of type night"));
  EXPECT_THAT(refusal("-- near a: SELECT 1\nSELECT {a:text}"),
              HasSubstr("line 1: -- near a: no placeholder"));
  EXPECT_THAT(refusal("-- path: {a:text}\n-- near a: SELECT {b}\nSELECT {a}"),
              HasSubstr("line 2: -- near a: {b}: no type"));
  EXPECT_THAT(refusal("-- path: {a:text}\n-- without a: SELECT 1\nSELECT {a}"),
              HasSubstr("line 2: -- without a: no directory of -- path: that can be left out"));
  EXPECT_THAT(refusal("-- path: {a:text}/{b:text}\n-- without a: SELECT {a}\nSELECT {a} {b}"),
              HasSubstr("line 2: -- without a: "));
  EXPECT_THAT(refusal("SELECT ({a:text}"), HasSubstr("( is never closed"));
  EXPECT_THAT(refusal("SELECT 1"), HasSubstr("no placeholder"));
  EXPECT_THAT(refusal("-- only a comment"), HasSubstr("no query"));
  EXPECT_THAT(refusal("SELECT {a:text}", "a b.adql"), HasSubstr("the name must be"));
  EXPECT_THAT(refusal(std::string("SELECT {a:text}\0", 16)), HasSubstr("not a text"));
}

}  // namespace
}  // namespace esofs::fs
