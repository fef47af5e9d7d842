#include "client/base/safe_name.h"

#include <gtest/gtest.h>

namespace esofs {
namespace {

TEST(SafeNameTest, AnArchiveIdIsKeptAsItIs) {
  EXPECT_EQ(safe_name("ADP.2018-06-21T20:32:57.736.fits"), "ADP.2018-06-21T20:32:57.736.fits");
  EXPECT_EQ(safe_name("Größe α.fits"), "Größe α.fits");
}

TEST(SafeNameTest, NothingLeavesItsDirectory) {
  EXPECT_EQ(safe_name(""), "_");
  EXPECT_EQ(safe_name("."), "_");
  EXPECT_EQ(safe_name(".."), "__");
  EXPECT_EQ(safe_name("../../etc/passwd"), ".._.._etc_passwd");
  EXPECT_EQ(safe_name(std::string_view("a\0b", 3)), "a_b");
}

TEST(SafeNameTest, ControlCharactersAndBrokenUtf8BecomeUnderscores) {
  EXPECT_EQ(safe_name("a\x1b[31mb\n"), "a_[31mb_");
  EXPECT_EQ(safe_name("a\xc2\x85z"), "a_z");        // C1
  EXPECT_EQ(safe_name("a\xc0\xafz"), "a__z");       // overlong '/'
  EXPECT_EQ(safe_name("a\xed\xa0\x80z"), "a___z");  // surrogate
  EXPECT_EQ(safe_name("a\xff"), "a_");
}

TEST(SafeNameTest, ALongNameKeepsItsExtensionAndIsStillUnique) {
  const std::string a = safe_name(std::string(10'000, 'x') + "1.fits.fz");
  const std::string b = safe_name(std::string(10'000, 'x') + "2.fits.fz");
  EXPECT_LE(a.size(), 255U);
  EXPECT_NE(a, b);
  EXPECT_TRUE(a.ends_with(".fits.fz"));
  EXPECT_EQ(safe_name(std::string(200, '\xc3')).size(), 200U);
  std::string umlauts;
  for (int i = 0; i < 300; ++i) umlauts += "ä";
  EXPECT_EQ(safe_name(safe_name(umlauts)), safe_name(umlauts));  // still UTF-8
}

TEST(SafeNameTest, ThePortableFormHasOnlyWhatEveryToolTakes) {
  EXPECT_EQ(portable_name("ADP.2018-06-21T20:32:57.736.fits"), "ADP.2018-06-21T20_32_57.736.fits");
  EXPECT_EQ(portable_name("a (b),c=d@e%f#g[1]+~"), "a__b__c_d_e_f_g_1_+~");
}

TEST(SafeNameTest, ANumberGoesBeforeTheExtension) {
  EXPECT_EQ(numbered_name("X.fits", 2), "X-2.fits");
  EXPECT_EQ(numbered_name("X.fits.fz", 3), "X-3.fits.fz");
  EXPECT_EQ(numbered_name("README", 2), "README-2");
  EXPECT_EQ(numbered_name("ADP.2018-06-21T20:32:57.736.fits", 2), "ADP.2018-06-21T20:32:57.736-2.fits");
}

}  // namespace
}  // namespace esofs
