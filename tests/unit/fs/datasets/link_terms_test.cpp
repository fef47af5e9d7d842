// Which directory a DataLink row belongs in, by its semantics.
#include "fs/datasets/link_terms.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace esofs::tests {
namespace {

TEST(LinkTermsTest, EverySemanticsHasItsDirectory) {
  const std::string eso = "http://archive.eso.org/rdf/datalink/eso#";
  const std::string core = "http://www.ivoa.net/rdf/datalink/core#";
  for (const auto& [semantics, directory] : std::vector<std::pair<std::string, std::string>>{
           {"#preview", "preview"},
           {"#preview-image", "preview"},
           {core + "thumbnail", "preview"},
           {"#auxiliary", "auxiliary"},
           {"#weight", "auxiliary"},
           {eso + "anc_log", "auxiliary"},
           {"#progenitor", "progenitors"},
           {"progenitor", "progenitors"},
           {"#derivation", "derived"},
           {"#documentation", "documentation"},
           {"#detached-header", "documentation"},
           {eso + "data_documentation", "documentation"},
           {"#this", ""},
           {"#cutout", ""},
           {"#calibration", "calibration"},
           {eso + "calSelector_raw2raw", ""},
           {eso + "night_log", ""},
           {"#coderived", "coderived"},
           {eso + "quicklook", "quicklook"},
           {"http://example.org/rdf/terms#light-curve", "light-curve"},
           {"http://example.org/terms/light-curve", "light-curve"},
           {"#wavelength map", "wavelength_map"},
           {"", "other"},
           {"#..", "x__"},
           {"../../up", "x______up"},
           {"#.hidden", "x_hidden"},
           {"#metadata.json", "metadata_json"}})
    EXPECT_EQ(fs::link_directory(semantics), directory) << semantics;
}

TEST(LinkTermsTest, AnEndlessTermHasAShortDirectoryOfItsOwn) {
  const auto one = fs::link_directory("#" + std::string(10'000, 't'));
  const auto other = fs::link_directory("#" + std::string(10'001, 't'));
  EXPECT_LE(one.size(), 115U);
  EXPECT_NE(one, other);
  EXPECT_TRUE(fs::may_name_a_term(one));
}

TEST(LinkTermsTest, WhatOldToolsTryIsNoTerm) {
  for (const char* name : {"NAXIS1", "login.cl", "uparmimhead.par", "X.fits", "@x", ".git", "-x", ""})
    EXPECT_FALSE(fs::may_name_a_term(name)) << name;
}

}  // namespace
}  // namespace esofs::tests
