// Requests made from service descriptors: recorded ones, and one of each rule.
#include "client/soda/soda_descriptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "client/http/http.h"
#include "client/http/url.h"
#include "client/services/datalink.h"
#include "client/services/links_reader.h"
#include "client/soda/soda.h"
#include "tests/unit/client/services/samples.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;

class SodaDescriptorTest : public ::testing::Test {
 protected:
  static Links read(const std::string& document) {
    auto links = parse_links(document, "http://a/", {1'000'000});
    EXPECT_TRUE(links) << links.error().what();
    return links ? *links : Links();
  }
  static Dataset dataset(const std::string& id, const std::string& cutout = "") {
    Dataset dataset;
    dataset.id = id;
    dataset.cutout = cutout;
    return dataset;
  }
  std::string url(const std::string& id, const std::string& cutout, const Links* links) const {
    auto source = soda_.source(dataset(id, cutout), links);
    return source ? source->url : "failed: " + source.error().what();
  }

  // One #this and one #cutout row, and a service with these inputs.
  static Links with_inputs(const std::string& inputs, const std::string& access = "http://soda/sync?v=1",
                           const std::string& standard = "ivo://ivoa.net/std/SODA#sync-1.0") {
    return read(
        R"(<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>)"
        R"(<PARAM ID="token" name="token" datatype="char" arraysize="*" value="T1"/>)"
        R"(<FIELD name="ID" ID="primary" datatype="char" arraysize="*"/>)"
        R"(<FIELD name="access_url" datatype="char" arraysize="*"/>)"
        R"(<FIELD name="service_def" datatype="char" arraysize="*"/>)"
        R"(<FIELD name="semantics" datatype="char" arraysize="*"/>)"
        R"(<FIELD name="content_length" datatype="long"/>)"
        R"(<FIELD name="ticket" ID="ticket_id" datatype="char" arraysize="*"/><DATA><TABLEDATA>)"
        R"(<TR><TD>D</TD><TD>http://a/D</TD><TD/><TD>#this</TD><TD>100000000</TD><TD>wrong</TD></TR>)"
        R"(<TR><TD>D</TD><TD/><TD>soda</TD><TD>#cutout</TD><TD/><TD>right</TD></TR></TABLEDATA></DATA>)"
        R"(</TABLE></RESOURCE><RESOURCE type="meta" utype="adhoc:service" ID="soda">)"
        R"(<PARAM name="accessURL" datatype="char" arraysize="*" value=")" +
        access + R"("/><PARAM name="standardID" datatype="char" arraysize="*" value=")" + standard +
        R"("/><GROUP name="inputParams">)" + inputs + "</GROUP></RESOURCE></VOTABLE>");
  }

  // An answer as CADC's: a service of each kind for a weight map and for the dataset's own file, told apart by their IDs alone.
  static Links with_a_weight_map_first(const std::string& weight, const std::string& own) {
    const auto cutout = [](const std::string& service) {
      return "<TR><TD>D</TD><TD/><TD>" + service + "</TD><TD>#cutout</TD></TR>";
    };
    const auto service = [](const std::string& name, const std::string& kind, const std::string& id) {
      return R"(<RESOURCE type="meta" utype="adhoc:service" ID=")" + name +
             R"("><PARAM name="accessURL" datatype="char" arraysize="*" value="http://soda/)" + kind +
             R"("/><PARAM name="standardID" datatype="char" arraysize="*" value="ivo://ivoa.net/std/SODA#)" +
             kind +
             R"(-1.0"/><GROUP name="inputParams"><PARAM name="ID" datatype="char" arraysize="*" value=")" +
             id + R"("/>)" + kCircle + "</GROUP></RESOURCE>";
    };
    return read(
        R"(<VOTABLE version="1.3" xmlns="http://www.ivoa.net/xml/VOTable/v1.3"><RESOURCE type="results"><TABLE>)"
        R"(<FIELD name="ID" datatype="char" arraysize="*"/>)"
        R"(<FIELD name="access_url" datatype="char" arraysize="*"/>)"
        R"(<FIELD name="service_def" datatype="char" arraysize="*"/>)"
        R"(<FIELD name="semantics" datatype="char" arraysize="*"/><DATA><TABLEDATA>)"
        R"(<TR><TD>D</TD><TD>http://a/data/w.fits.fz?RUNID=1</TD><TD/><TD>#auxiliary</TD></TR>)"
        R"(<TR><TD>D</TD><TD>http://a/data/cadc%3AX%2Fp.fits.fz?RUNID=1</TD><TD/><TD>#this</TD></TR>)" +
        cutout("w-async") + cutout("w-sync") + cutout("p-async") + cutout("p-sync") +
        "</TABLEDATA></DATA></TABLE></RESOURCE>" + service("w-async", "async", weight) +
        service("w-sync", "sync", weight) + service("p-async", "async", own) +
        service("p-sync", "sync", own) + "</VOTABLE>");
  }

  static constexpr const char* kCircle =
      R"(<PARAM name="CIRCLE" datatype="double" arraysize="3" unit="deg" value=""/>)";

  HttpClient http_{HttpSettings()};
  Soda soda_{http_, ""};
};

TEST_F(SodaDescriptorTest, TheRecordedDescriptorOfEsoTakesACircleWithinItsMaximum) {
  const auto document = tests::sample("eso/css_earth/eso-links.xml");
  if (!document) GTEST_SKIP();
  const auto links = read(*document);
  const std::string id = "ADP.2026-08-19T13:19:07.647";
  const auto offer = soda_.offer(dataset(id), &links);
  EXPECT_TRUE(offer.any && offer.circles && !offer.bands && !offer.polygons && !offer.by_job);
  ASSERT_TRUE(offer.field);
  EXPECT_EQ(*offer.field, (SkyCircle{{88.7929375, 7.40706500029762}, 0.002048}));
  // The placeholder "0 0 0" is not sent, the fixed ID is.
  EXPECT_EQ(url(id, "circle_88.7929375_7.407065_0.000083333333", &links),
            "https://dataportal.eso.org/dataPortal/soda/"
            "sync?ID=ivo%3A%2F%2Feso.org%2FID%3FADP.2026-08-19T13%3A19%3A07.647&"
            "CIRCLE=88.7929375%207.407065%200.000083333333");
  EXPECT_THAT(url(id, "circle_89_7_0.001", &links), HasSubstr("does not reach"));
  EXPECT_THAT(url(id, "band_4e-07_5e-07", &links), HasSubstr("does not take a band"));
}

TEST_F(SodaDescriptorTest, ADescriptorOfManyUnitsAndOptionsOfDachsIsUsed) {
  const auto document = tests::sample("other/pyvo/dal__datalink__datalink.xml");
  if (!document) GTEST_SKIP();
  const auto links = read(*document);
  const auto offer = soda_.offer(dataset("x"), &links);
  EXPECT_TRUE(offer.bands && !offer.circles);
  ASSERT_TRUE(offer.range);
  EXPECT_EQ(offer.range->lo_m, 4.01053e-07);
  const auto request = url("x", "band_5e-07_5.1e-07", &links);
  EXPECT_THAT(request, HasSubstr("http://dc.zah.uni-heidelberg.de/flashheros/q/sdl/dlget?ID=ivo"));
  EXPECT_THAT(request, HasSubstr("&BAND=5e-07%205.1e-07"));
  EXPECT_THAT(request, HasSubstr("&FORMAT=application%2Ffits")) << "of the formats offered";
  EXPECT_EQ(request.find("FLUXCALIB"), std::string::npos);
}

TEST_F(SodaDescriptorTest, OfSeveralServicesOfCadcTheSynchronousOneOfTheFirstFileIsUsed) {
  const auto document = tests::sample("other/pyvo/dal__datalink__cutout1.xml");
  if (!document) GTEST_SKIP();
  const auto links = read(*document);
  const auto offer = soda_.offer(dataset("x"), &links);
  EXPECT_TRUE(offer.circles && offer.polygons && offer.bands && !offer.by_job);
  EXPECT_EQ(offer.outline.size(), 5U);
  const auto request = url("x", "circle_88.7_-67.8_0.01", &links);
  EXPECT_THAT(request,
              HasSubstr("https://www.cadc-ccda.hia-iha.nrc-cnrc.gc.ca/caom2ops/sync?ID=ad%3AMACHO%2F"));
  EXPECT_THAT(request, HasSubstr("&RUNID=")) << "a constant without a meaning to us";
  EXPECT_EQ(request.find("TIME"), std::string::npos);
}

TEST_F(SodaDescriptorTest, OfServicesOfSeveralFilesTheOneOfTheDatasetsOwnFileIsUsed) {
  for (const std::string own :
       {"cadc:X/p.fits.fz", "ivo://cadc/X?p.fits.fz", "http://a/data/cadc%3AX%2Fp.fits.fz?RUNID=1", "D"}) {
    const auto links = with_a_weight_map_first("cadc:X/w.fits.fz", own);
    EXPECT_EQ(url("D", "circle_1_2_0.1", &links),
              "http://soda/sync?ID=" + percent_encoded(own) + "&CIRCLE=1%202%200.1");
  }
}

TEST_F(SodaDescriptorTest, WhereNoServiceNamesTheDatasetsOwnFileTheFirstIsUsed) {
  const auto links = with_a_weight_map_first("token-1", "token-2");
  EXPECT_EQ(url("D", "circle_1_2_0.1", &links), "http://soda/sync?ID=token-1&CIRCLE=1%202%200.1");
}

TEST_F(SodaDescriptorTest, AServiceForAnotherDatasetComesLast) {
  const std::string fixed = R"(<PARAM name="ID" datatype="char" arraysize="*" value="ivo://a/OTHER"/>)";
  const std::string own = R"(<PARAM name="ID" datatype="char" arraysize="*" ref="primary" value=""/>)";
  for (const auto* standard : {"sync", "async"}) {
    std::string document = with_inputs(fixed + kCircle).document;
    const auto row = document.find("<TR><TD>D</TD><TD/><TD>soda");
    document.insert(document.find("</TR>", row) + 5,
                    "<TR><TD>D</TD><TD/><TD>own</TD><TD>#cutout</TD><TD/><TD/></TR>");
    document.insert(
        document.rfind("</VOTABLE>"),
        R"(<RESOURCE type="meta" utype="adhoc:service" ID="own"><PARAM name="accessURL" datatype="char")"
        R"( arraysize="*" value="http://own/"/><PARAM name="standardID" datatype="char" arraysize="*")"
        R"( value="ivo://ivoa.net/std/SODA#)" +
            std::string(standard) + R"(-1.0"/><GROUP name="inputParams">)" + own + kCircle +
            "</GROUP></RESOURCE>");
    const auto links = read(document);
    EXPECT_EQ(url("D", "circle_1_2_0.1", &links), "http://own/?ID=D&CIRCLE=1%202%200.1") << standard;
  }
  const auto alone = with_inputs(fixed + kCircle);
  EXPECT_THAT(url("D", "circle_1_2_0.1", &alone), HasSubstr("ID=ivo%3A%2F%2Fa%2FOTHER")) << "the only one";
}

TEST_F(SodaDescriptorTest, IfOnlyAJobIsOfferedTheCutoutIsAJob) {
  const auto document = tests::sample("other/astroquery/casda/datalink.xml");
  if (!document) GTEST_SKIP();
  const auto links = read(*document);
  const auto source = soda_.source(dataset("x", "circle_1_2_0.1__band_0.1_0.2"), &links);
  ASSERT_TRUE(source) << source.error().what();
  EXPECT_EQ(source->kind, FetchKind::kJob);
  // Its ID is a token, which the row that names the service has.
  EXPECT_THAT(source->url, HasSubstr("https://casda.csiro.au/casda_data_access/data/async?ID="));
  EXPECT_THAT(source->url, HasSubstr("&POS=CIRCLE%201%202%200.1&BAND=0.1%200.2"));
}

TEST_F(SodaDescriptorTest, AnAccessUrlWithAQuestionMarkKeepsWhatItHas) {
  const auto links =
      with_inputs(std::string(R"(<PARAM name="id" datatype="char" arraysize="*" value="D"/>)") + kCircle);
  const auto source = soda_.source(dataset("D", "circle_1_2_0.1"), &links);
  ASSERT_TRUE(source) << source.error().what();
  EXPECT_EQ(source->url, "http://soda/sync?v=1&id=D&CIRCLE=1%202%200.1");
  EXPECT_EQ(source->kind, FetchKind::kMade);
}

TEST_F(SodaDescriptorTest, AReferenceIsTheCellOfTheRowThatNamesTheServiceOrAParam) {
  const auto links =
      with_inputs(std::string(R"(<PARAM name="ID" datatype="char" arraysize="*" ref="ticket_id" value=""/>)"
                              R"(<PARAM name="TOKEN" datatype="char" arraysize="*" ref="token" value=""/>)") +
                  kCircle);
  EXPECT_EQ(url("D", "circle_1_2_0.1", &links), "http://soda/sync?v=1&ID=right&TOKEN=T1&CIRCLE=1%202%200.1");
  const auto broken = with_inputs(
      std::string(R"(<PARAM name="ID" datatype="char" arraysize="*" ref="nowhere" value=""/>)") + kCircle);
  EXPECT_THAT(url("D", "circle_1_2_0.1", &broken), HasSubstr("refers to 'nowhere'"));
}

TEST_F(SodaDescriptorTest, BlanksAroundCellsThatReferToServicesAreIgnored) {
  std::string document =
      with_inputs(
          std::string(R"(<PARAM name="ID" datatype="char" arraysize="*" ref="ticket_id" value=""/>)") +
          kCircle)
          .document;
  for (const std::string cell : {"soda", "right"}) {
    const auto at = document.find("<TD>" + cell + "</TD>");
    ASSERT_NE(at, std::string::npos);
    document.replace(at, cell.size() + 9, "<TD>\n  " + cell + "\n </TD>");
  }
  const auto links = read(document);
  EXPECT_EQ(url("D", "circle_1_2_0.1", &links), "http://soda/sync?v=1&ID=right&CIRCLE=1%202%200.1");
}

TEST_F(SodaDescriptorTest, PosServesBothShapesUnlessItsXtypeSaysWhich) {
  const auto any = with_inputs(R"(<PARAM name="POS" datatype="char" arraysize="*" value=""/>)");
  EXPECT_THAT(url("D", "circle_1_2_0.1", &any), HasSubstr("&POS=CIRCLE%201%202%200.1"));
  EXPECT_THAT(url("D", "polygon_1_1_2_1_2_2", &any), HasSubstr("&POS=POLYGON%201%201%202%201%202%202"));
  const auto circles = with_inputs(R"(<PARAM name="POS" datatype="char" arraysize="*" xtype="circle"/>)");
  EXPECT_THAT(url("D", "polygon_1_1_2_1_2_2", &circles), HasSubstr("does not take a polygon"));
}

TEST_F(SodaDescriptorTest, ABandIsSentInTheUnitOfItsParameterAndNoOtherQuantityIsABand) {
  const auto nm = with_inputs(
      R"(<PARAM name="BAND" datatype="double" arraysize="2" unit="nm" value=""><VALUES><MIN value="400"/><MAX value="700"/></VALUES></PARAM>)");
  EXPECT_THAT(url("D", "band_5e-07_6e-07", &nm), HasSubstr("&BAND=500%20600"));
  EXPECT_THAT(url("D", "band_8e-07_9e-07", &nm), HasSubstr("does not reach"));
  const auto energy =
      with_inputs(R"(<PARAM name="BAND" datatype="double" arraysize="2" unit="keV" value=""/>)");
  EXPECT_THAT(url("D", "band_5e-07_6e-07", &energy), HasSubstr("does not take a band"));
}

TEST_F(SodaDescriptorTest, OptionsAreTheOnlyValuesThatAreSent) {
  const auto links = with_inputs(
      R"(<PARAM name="BAND" datatype="double" arraysize="2" unit="m" value=""><VALUES><OPTION value="4.0E-7 5.0E-7"/></VALUES></PARAM>)");
  EXPECT_THAT(url("D", "band_4e-07_5e-07", &links), HasSubstr("&BAND=4.0E-7%205.0E-7"));
  const auto source = soda_.source(dataset("D", "band_4e-07_6e-07"), &links);
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code(), EINVAL);
}

TEST_F(SodaDescriptorTest, TheEstimateIsTheShareOfTheFileAndSomeForHeaders) {
  const auto links = with_inputs(
      R"(<PARAM name="CIRCLE" datatype="double" arraysize="3" unit="deg" value="0 0 0"><VALUES><MAX value="1 2 0.1"/></VALUES></PARAM>)");
  const auto source = soda_.source(dataset("D", "circle_1_2_0.01"), &links);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->length, 2'000'000U + (1U << 20U));
}

TEST_F(SodaDescriptorTest, WithoutDataLinkTheServiceOfTheProfileIsUsed) {
  const Soda fallback(http_, "http://archive/soda/sync");
  const auto source = fallback.source(dataset("D", "circle_1_2_0.1__band_5e-07_6e-07__prefix_me"), nullptr);
  ASSERT_TRUE(source);
  EXPECT_EQ(source->url, "http://archive/soda/sync?ID=D&CIRCLE=1%202%200.1&BAND=5e-07%206e-07&PREFIX=me");
  EXPECT_EQ(soda_.source(dataset("D", "circle_1_2_0.1"), nullptr).error().code(), ENOTSUP);
}

TEST_F(SodaDescriptorTest, ADataLinkAnswerWithoutACutoutRowMeansThatThereAreNone) {
  const Soda fallback(http_, "http://archive/soda/sync");
  const Links none;
  EXPECT_FALSE(fallback.offer(dataset("D"), &none).any);
  Links undescribed;
  undescribed.rows.emplace_back();
  undescribed.rows[0].semantics = "#cutout";
  undescribed.rows[0].service_def = "soda";
  EXPECT_TRUE(fallback.offer(dataset("D"), &undescribed).any) << "as in a JSON answer";
}

TEST_F(SodaDescriptorTest, AServiceThatIsNotOnTheWebOrOfAnotherStandardIsNotUsed) {
  EXPECT_FALSE(soda_
                   .offer(dataset("D"),
                          [] {
                            static const Links links = with_inputs(kCircle, "file:///etc/passwd");
                            return &links;
                          }())
                   .any);
  const auto other = with_inputs(kCircle, "http://soda/x", "ivo://ivoa.net/std/SIA#query-2.0");
  EXPECT_FALSE(soda_.offer(dataset("D"), &other).any);
}

}  // namespace
}  // namespace esofs::client
