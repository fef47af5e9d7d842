#include "client/services/adql.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(AdqlTest, TablesAreFoundAfterFromAndJoinAndCommas) {
  EXPECT_THAT(tables_named("SELECT * FROM ivoa.ObsCore WHERE x=1"), ElementsAre("ivoa.ObsCore"));
  EXPECT_THAT(
      tables_named("select a, b from dbo.raw as r join ist.muse m on r.dp_id=m.dp_id, phase3v2.files"),
      ElementsAre("dbo.raw", "ist.muse", "phase3v2.files"));
  EXPECT_THAT(tables_named("SELECT * FROM (a.b JOIN c.d USING (x))"), ElementsAre("a.b", "c.d"));
}

TEST(AdqlTest, TablesOfSubqueriesAreFound) {
  EXPECT_THAT(
      tables_named(
          "SELECT * FROM (SELECT x, y FROM s.inner_one) AS t, s.other WHERE t.x IN (SELECT z FROM s.third)"),
      ElementsAre("s.inner_one", "s.other", "s.third"));
}

TEST(AdqlTest, LiteralsAndCommentsNameNoTable) {
  EXPECT_THAT(tables_named("-- FROM x.y\nSELECT 'FROM a.b ''JOIN c.d', \"from\" FROM\n-- z\n t.u"),
              ElementsAre("t.u"));
  EXPECT_THAT(tables_named("SELECT 1"), IsEmpty());
  EXPECT_THAT(tables_named("SELECT f(a, b), c"), IsEmpty());
}

TEST(AdqlTest, DelimitedNamesAreTakenWithoutQuotes) {
  EXPECT_THAT(tables_named("SELECT * FROM safcat.\"odd \"\"name\""), ElementsAre("safcat.odd \"name"));
}

TEST(AdqlTest, BrokenTextsAreRead) {
  EXPECT_THAT(tables_named("FROM 'x"), IsEmpty());
  EXPECT_THAT(tables_named("FROM a."), ElementsAre("a."));
  EXPECT_THAT(tables_named(")))) FROM a"), ElementsAre("a"));
  EXPECT_THAT(tables_named("FROM ((((("), IsEmpty());
}

TEST(AdqlTest, TheServiceIsTheOneThatHoldsTheTables) {
  const auto profile = eso_profile();
  EXPECT_EQ((*service_of(profile, "SELECT * FROM IVOA.obscore"))->name, "obs");
  EXPECT_EQ((*service_of(profile, "SELECT * FROM safcat.KiDS"))->name, "cat");
  EXPECT_EQ((*service_of(profile, "SELECT * FROM TAP_SCHEMA.tables"))->name, "obs");
  EXPECT_EQ((*service_of(profile, "SELECT * FROM safcat.a, TAP_SCHEMA.tables"))->name, "cat");
  EXPECT_EQ((*service_of(profile, "SELECT * FROM unheard.of"))->name, "obs");
}

TEST(AdqlTest, TablesOfTwoServicesAreRefused) {
  const auto service = service_of(eso_profile(), "SELECT * FROM safcat.KiDS JOIN ivoa.ObsCore ON 1=1");
  ASSERT_FALSE(service);
  EXPECT_EQ(service.error().code(), EINVAL);
  EXPECT_THAT(service.error().what(), HasSubstr("safcat.KiDS and ivoa.ObsCore"));
}

TEST(AdqlTest, AnUnknownServiceIsNamedWithItsNeighbour) {
  const auto profile = eso_profile();
  const auto service = service_named(profile, "obss");
  ASSERT_FALSE(service);
  EXPECT_EQ(service.error().code(), EINVAL);
  EXPECT_THAT(service.error().what(), HasSubstr("did you mean 'obs'?"));
}

TEST(AdqlTest, NoTextLeavesItsLiteral) {
  EXPECT_EQ(adql_literal("NGC'253"), "'NGC''253'");
  EXPECT_EQ(adql_literal("x' OR '1'='1"), "'x'' OR ''1''=''1'");
  EXPECT_EQ(adql_literal("\\' --"), "'\\'' --'");
}

TEST(AdqlTest, TextsOfOneQueryAreEqualWhateverTheirBlanks) {
  EXPECT_EQ(normalised_adql("SELECT  *\n FROM t -- all\n WHERE a='x  y'"),
            normalised_adql(" SELECT * FROM t WHERE a='x  y'\n"));
  EXPECT_NE(normalised_adql("SELECT 'x  y'"), normalised_adql("SELECT 'x y'"));
}

}  // namespace
}  // namespace esofs::client
