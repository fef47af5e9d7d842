// Templates and their arguments: what is accepted, what stands in the query, and that no argument leaves its place.
#include "fs/browse/browse_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "fs/browse/browse_builtin.h"
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

BrowseTemplate builtin(const std::string& file, bool eso = true) {
  BrowseConfig archive;
  archive.eso_tables = eso;
  archive.ssap = archive.resolver = true;
  for (const auto& [name, text] : builtin_templates(archive)) {
    if (name == file) return made(text, name);
  }
  throw std::runtime_error("no template " + file);
}

TEST(BrowseTemplates, ThatEsofsBringsAlongAreAllGood) {
  for (const bool eso : {true, false}) {
    BrowseConfig archive;
    archive.eso_tables = eso;
    archive.ssap = archive.resolver = true;
    for (const auto& [name, text] : builtin_templates(archive)) EXPECT_NO_THROW(made(text, name)) << name;
  }
}

TEST(BrowseTemplates, AConeIsWrittenInDegreesWhateverUnitsItsNameHas) {
  const auto cone = builtin("cone.phase3.adql");
  EXPECT_EQ(cone.form(), "<ra>_<dec>_<radius>");
  EXPECT_EQ(filled(cone, "05h20m_-5.39_30arcmin"),
            "SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('ICRS', 80, -5.39, 0.5)) = 1");
  EXPECT_EQ(filled(cone, "80_-5.39_0.5"), filled(cone, "05:20:00_-5.39_1800arcsec"));
}

TEST(BrowseTemplates, WhatToolsTryIsNoArgument) {
  const auto cone = builtin("cone.phase3.adql");
  for (const char* name : {"X.fits", "login.cl", "80_-5_0.5.fits", "80_-5", "80_-5_0.5_1", "80_-95_1",
                           "370_0_1", "80_-5_0", "_-5_1", "80__1", "80_-5_1 ", ""})
    EXPECT_FALSE(cone.match(0, name)) << name;
  const auto collection = builtin("collection.adql");
  for (const char* name : {"X.fits", "X.fits.Z", "X.fits.fz", "login.cl", "@X", "X.fits[1]", "X,1", ".hidden",
                           "-v", "a%b", "a*", "a?", "", "a\nb"})
    EXPECT_FALSE(collection.match(0, name)) << name;
  const auto object = builtin("object.raw.adql");
  for (const char* name : {"X.fits", "login.cl", "uparm.par", "_NGC", "NGC_", "NGC__253", "1234", "a[1]"})
    EXPECT_FALSE(object.match(0, name)) << name;
}

TEST(BrowseTemplates, AnOptionalRadiusIsToldByItsUnit) {
  const auto object = builtin("object.phase3.adql");
  EXPECT_EQ(object.form(), "<object>[_<radius>]");
  auto plain = object.match(0, "NGC_253");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->at("object").object, "NGC 253");
  EXPECT_EQ(plain->at("radius").values.at("").text, "0.05");
  EXPECT_EQ(object.shown_name(0, *plain), "NGC_253");
  auto wide = object.match(0, "NGC_253_1deg");
  ASSERT_TRUE(wide);
  EXPECT_EQ(wide->at("object").object, "NGC 253");
  EXPECT_EQ(wide->at("radius").values.at("").text, "1");
  EXPECT_EQ(object.shown_name(0, *wide), "NGC_253_1deg");
  EXPECT_EQ(object.match(0, "BD+17 3248")->at("object").object, "BD+17 3248");
  EXPECT_EQ(object.match(0, "Sgr_A*_1arcmin")->at("object").object, "Sgr A*");
  EXPECT_FALSE(object.match(0, "*.fits"));
}

TEST(BrowseTemplates, TheSpectraOfAConeAreAskedForByItsDiameter) {
  const auto spectra = builtin("cone.spectra.adql");
  const auto query = parse_saved_query(spectra.fill(*spectra.match(0, "10.5_-20_0.1")));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->service, "ssap");
  EXPECT_EQ(query->adql, "REQUEST=queryData&POS=10.5,-20&SIZE=0.2");
}

TEST(BrowseTemplates, AProgrammeIsReadInBothSpellingsAndListedInTheOneThatOldToolsTake) {
  const auto programme = builtin("programme.raw.adql");
  const std::string run = "SELECT * FROM dbo.raw WHERE prog_id LIKE '195.B-0283(A)%'";
  EXPECT_EQ(filled(programme, "195.B-0283(A)"), run);
  EXPECT_EQ(filled(programme, "195.B-0283.A"), run);
  EXPECT_EQ(programme.shown_name(0, *programme.match(0, "195.B-0283(A)")), "195.B-0283.A");
  EXPECT_EQ(filled(programme, "60.A-9100"), "SELECT * FROM dbo.raw WHERE prog_id LIKE '60.A-9100%'");
  EXPECT_EQ(filled(programme, "108.22AB.001"), "SELECT * FROM dbo.raw WHERE prog_id LIKE '108.22AB.001%'");
  EXPECT_EQ(filled(programme, "195"), "no match");
  EXPECT_EQ(filled(programme, "195.B-0283%"), "no match");
}

TEST(BrowseTemplates, ANightGoesFromNoonToNoon) {
  const auto night = builtin("night.adql");
  auto arguments = night.match(0, "MUSE");
  ASSERT_TRUE(arguments);
  arguments->merge(*night.match(1, "2024-02-29"));
  EXPECT_THAT(night.fill(*arguments),
              HasSubstr("instrument = 'MUSE'\n  AND exp_start >= '2024-02-29T12:00:00' AND exp_start < "
                        "'2024-03-01T12:00:00'"));
  for (const char* name :
       {"2023-02-29", "2024-2-9", "2024-13-01", "2024-01-01.fits", "20240101", "2024-01-01T00"})
    EXPECT_FALSE(night.match(1, name)) << name;
  const auto standard = builtin("night.adql", false);
  arguments = standard.match(0, "HARPS");
  arguments->merge(*standard.match(1, "1958-11-17"));
  EXPECT_THAT(standard.fill(*arguments), HasSubstr("t_min >= 36524.5 AND t_min < 36525.5"));
}

TEST(BrowseTemplates, NoArgumentCanLeaveItsPlace) {
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

TEST(BrowseTemplates, WithoutAPathEachPlaceholderIsADirectory) {
  const auto two = made("-- Title here\nSELECT * FROM t WHERE a = {a:integer} AND b = {b:text} AND c < {a}");
  ASSERT_EQ(two.depth(), 2U);
  EXPECT_EQ(two.title(), "Title here");
  EXPECT_EQ(two.form(), "<a>/<b>");
  EXPECT_TRUE(two.match(0, "-12"));
  EXPECT_FALSE(two.match(0, "12.5"));
  EXPECT_TRUE(two.match(1, "word"));
}

TEST(BrowseTemplates, TheirDirectivesAreThoseOfSavedQueries) {
  const auto own = made("-- maxrec: 7\n-- service: cat\n-- path: {a:text}\nSELECT * FROM t WHERE a = {a}");
  const auto query = parse_saved_query(own.fill(*own.match(0, "x")));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->maxrec, 7U);
  EXPECT_EQ(query->service, "cat");
  EXPECT_EQ(query->adql, "SELECT * FROM t WHERE a = 'x'");
}

TEST(BrowseTemplates, ThatCannotBeUsedSayWhereAndWhatWasMeant) {
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
  EXPECT_THAT(refusal("SELECT ({a:text}"), HasSubstr("( is never closed"));
  EXPECT_THAT(refusal("SELECT 1"), HasSubstr("no placeholder"));
  EXPECT_THAT(refusal("-- only a comment"), HasSubstr("no query"));
  EXPECT_THAT(refusal("SELECT {a:text}", "a b.adql"), HasSubstr("the name must be"));
  EXPECT_THAT(refusal(std::string("SELECT {a:text}\0", 16)), HasSubstr("not a text"));
}

}  // namespace
}  // namespace esofs::fs
