#include "fs/queries/saved_query.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace esofs::fs {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

std::string complaint(const std::string& text) {
  const auto parsed = parse_saved_query(text);
  if (parsed) return "accepted";
  EXPECT_EQ(parsed.error().code(), EINVAL);
  return parsed.error().what();
}

TEST(SavedQuery, DirectivesAreTakenOutOfTheText) {
  const auto spec = parse_saved_query(
      "\xef\xbb\xbf-- my galaxies\r\n--service: cat\r\n-- MaxRec : 100000\r\n\r\n-- mode: ASYNC\n-- ttl: "
      "1h\n\n"
      "SELECT *\nFROM t -- here\n ;\n");
  ASSERT_TRUE(spec) << spec.error().what();
  EXPECT_EQ(spec->adql, "SELECT *\nFROM t -- here");
  EXPECT_EQ(spec->service, "cat");
  EXPECT_EQ(spec->maxrec, 100000U);
  EXPECT_EQ(spec->mode, client::QueryMode::kAsync);
  EXPECT_EQ(spec->ttl, hours(1));
}

TEST(SavedQuery, WithoutDirectivesTheDefaultsHold) {
  const auto spec = parse_saved_query("SELECT 1");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->service, "");
  EXPECT_EQ(spec->maxrec, 0U);
  EXPECT_EQ(spec->mode, client::QueryMode::kAuto);
  EXPECT_EQ(spec->ttl, hours(24));
}

TEST(SavedQuery, WithoutADirectiveTheDefaultOfTheMountHolds) {
  cache::QuerySpec defaults;
  defaults.maxrec = 5;
  defaults.ttl = hours(2);
  const auto spec = parse_saved_query("SELECT 1", defaults);
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->maxrec, 5U);
  EXPECT_EQ(spec->ttl, hours(2));
  const auto own = parse_saved_query("-- maxrec: 7\n-- ttl: 1h\nSELECT 1", defaults);
  ASSERT_TRUE(own);
  EXPECT_EQ(own->maxrec, 7U);
  EXPECT_EQ(own->ttl, hours(1));
}

TEST(SavedQuery, TextWithoutAdqlIsAnEmptyQuery) {
  for (const char* text : {"", " \n\t", "-- only a comment", "-- maxrec: 5\n"}) {
    const auto spec = parse_saved_query(text);
    ASSERT_TRUE(spec) << text;
    EXPECT_EQ(spec->adql, "") << text;
  }
}

TEST(SavedQuery, ADirectiveInsideTheQueryIsRefusedWithItsPlace) {
  for (const char* text : {"SELECT 1\n-- maxrec: 7\n", "SELECT 1 -- maxrec: 7",
                           "SELECT 1\n--maxrec 7\nFROM t", "SELECT 1\n-- limit=7"})
    EXPECT_NE(complaint(text).find("write '-- maxrec: 7' on a line before the query"), std::string::npos)
        << complaint(text);
  for (const char* text :
       {"SELECT '-- maxrec: 7'", "SELECT \"-- maxrec: 7\"", "SELECT 1 -- mode: of observation",
        "SELECT 1 -- here", "SELECT 1 -- rows: those of NGC 253"})
    EXPECT_TRUE(parse_saved_query(text)) << text;
}

TEST(SavedQuery, WhatLooksLikeADirectiveIsRefusedWithItsRightForm) {
  EXPECT_EQ(complaint("-- maxrec 5\nS"), "query.adql: '-- maxrec 5' is no directive; write '-- maxrec: 5'");
  EXPECT_EQ(complaint("--maxrec=5\nS"), "query.adql: '--maxrec=5' is no directive; write '-- maxrec: 5'");
  EXPECT_EQ(complaint("-- limit: 5\nS"), "query.adql: '-- limit: 5' is no directive; write '-- maxrec: 5'");
  EXPECT_EQ(complaint("-- TOP 5\nS"), "query.adql: '-- TOP 5' is no directive; write '-- maxrec: 5'");
  EXPECT_EQ(complaint("-- ttl=1h\nS"), "query.adql: '-- ttl=1h' is no directive; write '-- ttl: 1h'");
  EXPECT_EQ(complaint("-- mode async\nS"),
            "query.adql: '-- mode async' is no directive; write '-- mode: async'");
  EXPECT_EQ(complaint("-- service=cat\nS"),
            "query.adql: '-- service=cat' is no directive; write '-- service: cat'");
  for (const char* text :
       {"-- service mode\nS", "-- mode of observation\nS", "-- limit: magnitude 22\nS",
        "-- top of the list\nS", "-- 5 rows\nS", "-- rows\nS", "-- maxrec is what cuts it\nS"})
    EXPECT_TRUE(parse_saved_query(text)) << text;
}

TEST(SavedQuery, AValueWithoutAColonIsNoComment) {
  const std::vector<std::string> services{"obs", "cat"};
  for (const auto& [line, form] :
       {std::pair("-- service obs", "-- service: obs"), std::pair("-- headers OBJECT", "-- headers: OBJECT"),
        std::pair("-- headers OBJECT, ESO DET DIT", "-- headers: OBJECT, ESO DET DIT"),
        std::pair("-- header exptime, object", "-- headers: exptime, object"),
        std::pair("-- headers-of all", "-- headers-of: all")}) {
    const auto query = parse_saved_query(line + std::string("\nSELECT 1 FROM t"), {}, services);
    ASSERT_FALSE(query) << line;
    EXPECT_EQ(query.error().what(),
              "query.adql: '" + std::string(line) + "' is no directive; write '" + std::string(form) + "'");
  }
  for (const char* line : {"-- service of the night", "-- service mode", "-- headers of science frames",
                           "-- headers, then spectra", "-- headers wanted", "-- headers"})
    EXPECT_TRUE(parse_saved_query(line + std::string("\nSELECT 1 FROM t"), {}, services)) << line;
}

TEST(SavedQuery, PlainCommentsAreNoDirectives) {
  for (const char* text : {"-- title: cubes of NGC 253\nS", "-- note: maxrec is 5\nS", "-- see http://x/y\nS",
                           "-----\nS", "-- Author Name: me\nS", "--\nS"})
    EXPECT_TRUE(parse_saved_query(text)) << text;
}

TEST(SavedQuery, AMistypedDirectiveNamesTheOneThatWasMeant) {
  EXPECT_EQ(complaint("-- maxrek: 5\nS"), "query.adql: unknown directive 'maxrek'; did you mean 'maxrec'?");
  EXPECT_NE(complaint("-- srevice: cat\nS").find("'service'"), std::string::npos);
}

TEST(SavedQuery, ABadValueIsNamed) {
  EXPECT_EQ(complaint("-- maxrec: many\nS"),
            "query.adql: -- maxrec: 'many' is not a number of rows, 1 or more");
  for (const char* text :
       {"-- maxrec: 0\nS", "-- maxrec: -1\nS", "-- maxrec:\nS", "-- maxrec: 99999999999999999999999\nS",
        "-- mode: fast\nS", "-- ttl: soon\nS", "-- ttl: 5y\nS", "-- ttl: 99999999999999d\nS",
        "-- service: a b\nS", "-- service:\nS"})
    EXPECT_NE(complaint(text), "accepted") << text;
}

TEST(SavedQuery, TimesHaveUnits) {
  const auto ttl = [](const std::string& value) {
    const auto spec = parse_saved_query("-- ttl: " + value + "\nS");
    return spec ? spec->ttl : seconds(-1);
  };
  EXPECT_EQ(ttl("90"), seconds(90));
  EXPECT_EQ(ttl("90s"), seconds(90));
  EXPECT_EQ(ttl("30m"), seconds(1800));
  EXPECT_EQ(ttl("7d"), hours(168));
}

TEST(SavedQuery, ATextSavedHalfWrittenIsRefusedBeforeTheArchiveIsAsked) {
  EXPECT_EQ(complaint("SELECT * FROM t WHERE name='NGC"),
            "query.adql was saved half-written: a ' is never closed");
  EXPECT_EQ(complaint("SELECT COUNT(* FROM t"), "query.adql was saved half-written: a ( is never closed");
  EXPECT_TRUE(parse_saved_query("SELECT 'it''s (' FROM \"odd(\" -- (\nWHERE (a=1)"));
}

TEST(SavedQuery, QuotesOfAWordProcessorAreRefused) {
  for (const char* text :
       {"SELECT * FROM t WHERE name = \u2018NGC 253\u2019", "SELECT * FROM t WHERE name = \u201cNGC'",
        "SELECT * FROM t WHERE name = 'a' OR name = \u201dNGC\u201d"})
    EXPECT_NE(complaint(text).find("is a quote of a word processor: write plain '"), std::string::npos)
        << text;
  EXPECT_TRUE(parse_saved_query(
      "-- the stars\u2019 spectra\nSELECT * FROM t WHERE name = 'L\u2019Aquila' -- \u201cnear\u201d"));
}

TEST(SavedQuery, ATextInDoubleQuotesIsAdvisedAgainst) {
  const std::string sentence =
      "text goes in single quotes: write 'NGC253'; \"NGC253\" is the name of a column";
  for (const char* text :
       {"SELECT * FROM t WHERE a=\"NGC253\"", "SELECT * FROM t WHERE a = \"NGC253\" AND b=1",
        "SELECT * FROM t WHERE a LIKE \"NGC253\"", "SELECT * FROM t WHERE a <> \"NGC253\"",
        "SELECT * FROM t WHERE a IN (\"NGC253\", 'x')"})
    EXPECT_EQ(advice(text), sentence) << text;
  for (const char* text :
       {"SELECT \"NGC253\" FROM t", "SELECT * FROM \"t\" WHERE a='=\"x\"'", "SELECT 1 -- =\"x\"", ""})
    EXPECT_EQ(advice(text), "") << text;
}

TEST(SavedQuery, ALimitAtTheEndIsAdvisedAgainst) {
  for (const char* text : {"SELECT * FROM t LIMIT 10", "SELECT * FROM t\nlimit\t10;\n"})
    EXPECT_EQ(advice(text), "ADQL has no LIMIT: begin with SELECT TOP 10") << text;
  for (const char* text :
       {"SELECT * FROM t WHERE a > 10", "SELECT * FROM t WHERE limit=10", "SELECT speed_limit10", "10",
        "SELECT a FROM t WHERE b='LIMIT 10'", "SELECT * FROM nolimit 10", "LIMIT"})
    EXPECT_EQ(advice(text), "") << text;
}

TEST(SavedQuery, ANulByteIsNoText) { EXPECT_NE(complaint(std::string("SELECT\0 1", 9)), "accepted"); }

TEST(HeaderWishTest, DirectivesNameTheColumnsOfTheHeaderTable) {
  const std::string text = "-- headers: OBJECT, ESO.DET.DIT, object\n-- headers-of: all\nSELECT 1 FROM t";
  ASSERT_TRUE(parse_saved_query(text));
  const auto wish = header_wish(text);
  EXPECT_EQ(wish.keywords, (std::vector<std::string>{"OBJECT", "ESO DET DIT"}));
  EXPECT_TRUE(wish.all_units);
  EXPECT_GT(header_wish("SELECT 1 FROM t").keywords.size(), 5U);
  EXPECT_FALSE(header_wish("SELECT 1 FROM t").all_units);
}

TEST(HeaderWishTest, AWrongDirectiveIsEinval) {
  for (const char* line :
       {"-- headers: TOOLONGAKEYWORD", "-- headers:", "-- headers-of: some", "-- header: OBJECT"}) {
    const auto query = parse_saved_query(std::string(line) + "\nSELECT 1 FROM t");
    ASSERT_FALSE(query) << line;
    EXPECT_EQ(query.error().code(), EINVAL) << line;
  }
  EXPECT_TRUE(parse_saved_query("-- headers of science frames\nSELECT 1 FROM t")) << "a comment";
}

}  // namespace
}  // namespace esofs::fs
