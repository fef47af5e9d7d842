// The templates that esofs brings along: which names they take, and what they ask.
#include "fs/browse/browse_builtin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "fs/browse/browse_template.h"
#include "fs/queries/saved_query.h"

namespace esofs::fs {
namespace {

using ::testing::HasSubstr;

BrowseTemplate made(const std::string& text, const std::string& file = "mine.adql") {
  auto parsed = BrowseTemplate::parse(file, text);
  if (!parsed) throw std::runtime_error(parsed.error().what());
  return *std::move(parsed);
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

TEST(BrowseBuiltinTest, EveryTemplateIsValid) {
  for (const bool eso : {true, false}) {
    BrowseConfig archive;
    archive.eso_tables = eso;
    archive.ssap = archive.resolver = true;
    for (const auto& [name, text] : builtin_templates(archive)) EXPECT_NO_THROW(made(text, name)) << name;
  }
}

TEST(BrowseBuiltinTest, AConeIsWrittenInDegreesWhateverUnitsItsNameHas) {
  const auto cone = builtin("cone.phase3.adql");
  EXPECT_EQ(cone.form(), "<ra>_<dec>_<radius>");
  EXPECT_EQ(filled(cone, "05h20m_-5.39_30arcmin"),
            "SELECT * FROM ivoa.ObsCore WHERE INTERSECTS(s_region, CIRCLE('ICRS', 80, -5.39, 0.5)) = 1");
  EXPECT_EQ(filled(cone, "80_-5.39_0.5"), filled(cone, "05:20:00_-5.39_1800arcsec"));
}

TEST(BrowseBuiltinTest, WhatToolsTryIsNoArgument) {
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

TEST(BrowseBuiltinTest, AnOptionalRadiusIsRecognisedByItsUnit) {
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

TEST(BrowseBuiltinTest, TheSpectraOfAConeAreAskedForByItsDiameter) {
  const auto spectra = builtin("cone.spectra.adql");
  const auto query = parse_saved_query(spectra.fill(*spectra.match(0, "10.5_-20_0.1")));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->service, "ssap");
  EXPECT_EQ(query->adql, "REQUEST=queryData&POS=10.5,-20&SIZE=0.2");
}

TEST(BrowseBuiltinTest, AProgrammeHasTwoSpellingsAndIsListedInThePortableOne) {
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

TEST(BrowseBuiltinTest, ANightGoesFromNoonToNoon) {
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

}  // namespace
}  // namespace esofs::fs
