// The name resolver: what its documents say, and that a failure is never an unknown name.
#include "client/services/sesame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/client/http/http_fixture.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;

// In the form of CDS' answers (sesame_4x.xsd).
std::string document(const std::string& resolvers) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>\n"
         "<Sesame xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<Target option=\"SNV\">\n"
         "  <name>NGC 253</name>\n  <!-- Q1 #1 -->\n" +
         resolvers + "</Target>\n</Sesame>\n<!--- ====Done ==== -->\n";
}
std::string resolver(const std::string& name, const std::string& inside) {
  return "<Resolver name=\"" + name + "\"><!-- delay: 4ms -->" + inside + "</Resolver>\n";
}
const std::string kFound =
    resolver("S=Simbad (CDS, via client/server)",
             "<INFO>from cache</INFO><otype>AGN</otype><jpos>00:47:33.12 -25:17:17.6</jpos>"
             "<jradeg>11.888002</jradeg><jdedeg>-25.288220</jdedeg>"
             "<oname>NGC   253</oname>");
const std::string kNothing = resolver("N=NED", "<INFO>*** Nothing found *** </INFO>");

using SesameTest = HttpTest;

TEST_F(SesameTest, GivesThePositionOfTheFirstCatalogueThatKnowsTheName) {
  server_.add(answer_with(200, document(kNothing + kFound)));
  const auto position = Sesame(client(), server_.url("/-ox/SNV")).resolve("NGC 253", turn_);
  ASSERT_TRUE(position) << position.error().what();
  EXPECT_EQ(position->ra_deg, 11.888002);
  EXPECT_EQ(position->dec_deg, -25.28822);
  EXPECT_EQ(position->name, "NGC 253");
  EXPECT_EQ(position->type, "AGN");
  EXPECT_EQ(position->resolver, "Simbad (CDS, via client/server)");
}

TEST_F(SesameTest, SendsTheNameEncodedBehindTheQuestionMark) {
  server_.add(answer_with(200, document(kFound)));
  ASSERT_TRUE(Sesame(client(), server_.url("/-ox/SNV")).resolve("BD+17 3248&x", turn_));
  EXPECT_EQ(server_.requests().at(0).target, "/-ox/SNV?BD%2B17%203248%26x");
}

TEST(SesameDocument, IsEnoentOnlyWhereEveryCatalogueKnowsNothing) {
  const auto unknown = parse_sesame(document(kNothing + kNothing), "X");
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), ENOENT);
  EXPECT_THAT(unknown.error().what(), HasSubstr("'X'"));
  for (const std::string& broken :
       {kNothing + resolver("S=Simbad", "<ERROR>server is down</ERROR>"),
        resolver("S=Simbad", "<INFO>*** Timeout ***</INFO>") + kNothing, std::string()}) {
    const auto failed = parse_sesame(document(broken), "X");
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), EIO) << broken;
  }
}

TEST(SesameDocument, ThatIsNoneIsAnError) {
  for (const char* text : {"", "<html><body>Sorry</body></html>", "<Sesame><Target>", "42"}) {
    const auto failed = parse_sesame(text, "X");
    ASSERT_FALSE(failed) << text;
    EXPECT_EQ(failed.error().code(), EIO) << text;
  }
}

TEST(SesameDocument, RefusesPositionsThatAreNoneOnTheSky) {
  for (const char* inside :
       {"<jradeg>400</jradeg><jdedeg>0</jdedeg>", "<jradeg>1</jradeg><jdedeg>-91</jdedeg>",
        "<jradeg>nan</jradeg><jdedeg>0</jdedeg>", "<jradeg>1</jradeg>"})
    EXPECT_FALSE(parse_sesame(document(resolver("S=Simbad", inside)), "X")) << inside;
}

TEST_F(SesameTest, FailsAsTheServiceFails) {
  server_.otherwise(answer_with(404));
  const Sesame sesame(client(), server_.url("/gone"));
  const auto failed = sesame.resolve("X", turn_);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), EIO);  // the service is missing, not the object
  EXPECT_EQ(Sesame(client(), "").resolve("X", turn_).error().code(), ENOTSUP);
}

}  // namespace
}  // namespace esofs::client
