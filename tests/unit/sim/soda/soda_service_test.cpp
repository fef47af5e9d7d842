#include <regex>

#include "tests/unit/sim/sim_fixture.h"
#include "tests/unit/sim/soda/fits_pixels.h"

namespace esofs::sim {
namespace {

constexpr const char* kCircle = "CIRCLE=266.4168+-29.0078+0.002";
constexpr const char* kCadc = "ADP.2022-03-01T10:00:00.080";
constexpr const char* kCasda = "ADP.2022-03-01T10:00:00.100";
constexpr const char* kGavo = "ADP.2022-03-01T10:00:00.120";
constexpr const char* kPos = "ADP.2022-03-01T10:00:00.140";

class SodaServiceTest : public SimTest {
 protected:
  Reply soda(const std::string& query, const RawClient::Headers& headers = {}) {
    return get(url(), "/dataPortal/soda/sync?" + query, headers);
  }
  std::string links(const std::string& id) {
    return get(url(), "/datalink/links?ID=ivo://eso.org/ID?" + id).body;
  }
  void expect_refused(const std::string& query, int status, const std::string& start) {
    const Reply reply = soda(query);
    EXPECT_EQ(reply.status, status) << query;
    EXPECT_EQ(reply.header("content-type"), "text/plain;charset=UTF-8");
    EXPECT_EQ(reply.body.substr(0, start.size()), start) << query;
  }
};

TEST_F(SodaServiceTest, ACutoutIsAFitsFileWithALengthAndAName) {
  const Reply reply = soda("ID=" + std::string(kImage) + "&" + kCircle + "&PREFIX=Sgr/A");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("content-type"), "application/fits");
  EXPECT_EQ(reply.header("content-length"), std::to_string(reply.body.size()));
  EXPECT_EQ(reply.header("content-disposition"),
            "attachment; filename=\"cutout_" + std::string(kImage) + "_Sgr_A.fits\"");
  EXPECT_EQ(reply.header("etag"), "");
  EXPECT_EQ(reply.body.size() % 2880, 0U);
}

TEST_F(SodaServiceTest, IdentifiersComeInBothFormsAndParametersInAnyCase) {
  for (const std::string& query :
       {"ID=" + std::string(kImage) + "&" + kCircle,
        "id=ivo://eso.org/ID?" + std::string(kImage) + "&circle=266.4168+-29.0078+0.002",
        "ID=ivo%3A%2F%2Feso.org%2FID%3F" + std::string(kImage) + "&" + kCircle}) {
    EXPECT_EQ(soda(query).status, 200) << query;
  }
  EXPECT_EQ(get(url(), "/dataportal_new/soda/sync?ID=" + std::string(kImage) + "&" + kCircle).status, 200);
  EXPECT_EQ(
      request(url(), "POST", "/dataPortal/soda/sync", {{"Content-Type", "application/x-www-form-urlencoded"}},
              "ID=" + std::string(kImage) + "&" + kCircle)
          .status,
      200);
}

TEST_F(SodaServiceTest, TheCardsOfTheServiceAreAppended) {
  const FitsFile part = read_fits_bytes(soda("ID=" + std::string(kImage) + "&" + kCircle).body);
  const std::string& cards = part.primary;
  EXPECT_NE(cards.find("CUTARCID= '" + std::string(kImage) + "'"), std::string::npos);
  EXPECT_NE(cards.find("CUTCIRCL= '(ra, dec) in deg (266.416800, -29.007800) 2.00000000e-03 deg'"),
            std::string::npos);
  EXPECT_NE(cards.find("HISTORY ESO Science Archive Facility Data Product Cutout Service"),
            std::string::npos);
  EXPECT_NE(cards.find("HIERARCH ESO TEL ALT"), std::string::npos) << "the parent's cards stay";
}

TEST_F(SodaServiceTest, NoTwoCutoutsAreAlike) {
  const std::string query = "ID=" + std::string(kImage) + "&" + kCircle;
  const Reply first = soda(query);
  const Reply second = soda(query);
  EXPECT_NE(first.body, second.body);
  EXPECT_EQ(first.body.size(), second.body.size());
  EXPECT_EQ(read_fits_bytes(first.body).images[0].pixels, read_fits_bytes(second.body).images[0].pixels);
}

TEST_F(SodaServiceTest, CutoutsGrowIfTheKnobSaysSo) {
  const std::string query = "ID=" + std::string(kImage) + "&" + kCircle;
  const std::size_t before = soda(query).body.size();
  ASSERT_EQ(request(url(), "POST", "/_sim/soda", {}, R"({"growing": true})").status, 200);
  EXPECT_EQ(soda(query).body.size(), before + 2880);
  EXPECT_EQ(soda(query).body.size(), before + 5760);
  EXPECT_EQ(request(url(), "POST", "/_sim/soda", {}, R"({"grow": true})").status, 400);
}

TEST_F(SodaServiceTest, RangesAreIgnored) {
  const Reply reply = soda("ID=" + std::string(kImage) + "&" + kCircle, {{"Range", "bytes=100-200"}});
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body.substr(0, 6), "SIMPLE");
}

TEST_F(SodaServiceTest, AnEmptyCutoutIsAnAnswerWithoutBody) {
  for (const char* query :
       {"ID=ADP.2014-11-12T16:17:07.630&CIRCLE=10+20+0.1",
        "ID=ADP.2014-11-12T16:17:07.630&CIRCLE=86.4168+29.0078+0.1",  // the other side of the sky
        "ID=ADP.2014-09-16T11:04:45.123&BAND=1e-6+2e-6", "ID=ADP.2017-05-05T10:10:10.010&CIRCLE=10+20+0.1",
        "ID=ADP.2016-06-21T08:15:12.100&CIRCLE=11.8880583+-25.2888+0.001&BAND=1e-6+2e-6"}) {
    const Reply reply = soda(query);
    EXPECT_EQ(reply.status, 204) << query;
    EXPECT_EQ(reply.body, "");
  }
}

TEST_F(SodaServiceTest, WrongRequestsAreRefusedWithACode) {
  const std::string image = "ID=" + std::string(kImage);
  expect_refused(kCircle, 400, "UsageError");
  expect_refused(image, 400, "UsageError");
  expect_refused(image + "&CIRCLE=1+2", 400, "UsageError");
  expect_refused(image + "&CIRCLE=1+2+x", 400, "UsageError");
  expect_refused(image + "&CIRCLE=400+2+1", 400, "UsageError");
  expect_refused(image + "&POS=SQUARE+1+2+3", 400, "UsageError");
  expect_refused(image + "&BAND=6e-7+7e-7", 400, "UsageError");
  expect_refused("ID=ADP.2016-06-21T08:15:12.100&BAND=7e-7+6e-7", 400, "UsageError");
  expect_refused(image + "&" + kCircle + "&" + kCircle, 400, "MultiValuedParamNotSupported");
  expect_refused("ID=ADP.1999-01-01T00:00:00.000&" + std::string(kCircle), 404, "UsageError");
  expect_refused("ID=" + std::string(kRawZ) + "&" + kCircle, 400, "UsageError");
}

TEST_F(SodaServiceTest, ProprietaryFilesNeedALogin) {
  const std::string query = "ID=" + std::string(kProprietary) + "&CIRCLE=11.8880583+-25.2888+0.0003";
  EXPECT_EQ(soda(query).status, 401);
  EXPECT_EQ(soda(query, {{"Authorization", "Bearer sim-token"}}).status, 200);
}

TEST_F(SodaServiceTest, FaultsApplyToCutoutsToo) {
  Fault fault;
  fault.path = "/soda/";
  fault.fail_next = 1;
  fault.status = 422;
  fault.error_text = "UsageError: the cutout is too large\n";
  set(fault);
  const std::string query = "ID=" + std::string(kImage) + "&" + kCircle;
  const Reply refused = soda(query);
  EXPECT_EQ(refused.status, 422);
  EXPECT_EQ(refused.header("content-type"), "text/plain;charset=UTF-8");
  EXPECT_EQ(refused.body, fault.error_text);
  EXPECT_EQ(soda(query).status, 200);

  sim_->clear_faults();
  ASSERT_EQ(
      request(
          url(), "POST", "/_sim/fault", {},
          R"({"path": "/soda/", "cut_after": 3000, "no_length": true, "content_type": "text/html", "times": 1})")
          .status,
      200);
  const Reply cut = soda(query);
  EXPECT_FALSE(cut.complete);
  EXPECT_EQ(cut.body.size(), 3000U);
  EXPECT_EQ(cut.header("content-length"), "");
  EXPECT_EQ(cut.header("content-type"), "text/html");
}

TEST_F(SodaServiceTest, OtherFormsNeedTheFixedPartsOfTheirDescriptors) {
  const std::string circle = "CIRCLE=88.77+-67.78+0.002";
  EXPECT_NE(links(kCadc).find("/caom2ops/sync?view=cutout"), std::string::npos);
  const std::string fixed = "&ID=" + std::string(kCadc) + "&RUNID=e3h6rssb161oyf7j&" + circle;
  EXPECT_EQ(get(url(), "/caom2ops/sync?view=cutout" + fixed).status, 200);
  EXPECT_EQ(get(url(), "/caom2ops/sync?" + fixed).status, 400);
  EXPECT_EQ(get(url(), "/caom2ops/sync?view=cutout&ID=" + std::string(kCadc) + "&" + circle).status, 400);

  EXPECT_NE(links(kGavo).find("<OPTION name=\"Retrieve header only\" value=\"HEADER\"/>"), std::string::npos);
  EXPECT_EQ(get(url(), "/dlget?ID=ivo://eso.org/ID?" + std::string(kGavo) + "&" + circle).status, 200);

  EXPECT_NE(links(kPos).find("ID=\"primaryID\""), std::string::npos);
  const std::string pos = "/cutouts/sync?ID=ivo://eso.org/ID?" + std::string(kPos);
  EXPECT_EQ(get(url(), pos + "&POS=CIRCLE+10.25+5.5+0.0005").status, 200);
  EXPECT_EQ(get(url(), pos + "&CIRCLE=10.25+5.5+0.0005").status, 400) << "a parameter that it does not know";
  EXPECT_EQ(get(url(), "/dlget?ID=" + std::string(kPos) + "&POS=CIRCLE+10.25+5.5+0.0005").status, 404);
}

TEST_F(SodaServiceTest, AncillaryFilesOfferTheirOwnCutouts) {
  const std::string white_light = links("ADP.2016-06-21T08:15:12.101");
  EXPECT_NE(white_light.find("ADP.2016-06-21T08:15:12.101_soda"), std::string::npos);
  EXPECT_NE(white_light.find("name=\"CIRCLE\""), std::string::npos);
  EXPECT_EQ(white_light.find("name=\"BAND\""), std::string::npos);
  EXPECT_EQ(links("ADP.2016-06-21T08:15:12.102").find("_soda"), std::string::npos) << "a log";
}

TEST_F(SodaServiceTest, AnAsynchronousCutoutIsAJob) {
  const std::string document = links(kCasda);
  std::smatch token;
  ASSERT_TRUE(std::regex_search(document, token, std::regex("<TD>([0-9a-f]{16})</TD>")));
  EXPECT_EQ(document.find("SODA#sync"), std::string::npos);
  const std::string list = "/casda_data_access/data/async";
  const RawClient::Headers form{{"Content-Type", "application/x-www-form-urlencoded"}};
  const auto run = [&](const std::string& parameters) {
    const Reply created = request(url(), "POST", list, form, parameters);
    EXPECT_EQ(created.status, 303);
    const std::string job = created.header("location").substr(url().size());
    EXPECT_EQ(get(url(), job + "/phase").body, "PENDING");
    EXPECT_EQ(request(url(), "POST", job + "/phase", form, "PHASE=RUN").status, 303);
    std::string phase = "EXECUTING";
    while (phase == "EXECUTING" || phase == "QUEUED") {
      get(url(), job + "?WAIT=10&PHASE=" + phase);
      phase = get(url(), job + "/phase").body;
    }
    return std::pair{phase, job};
  };
  const auto [phase, job] = run("ID=" + token.str(1) + "&POS=CIRCLE+60.5+-20.25+0.0005&BAND=5e-7+6e-7");
  EXPECT_EQ(phase, "COMPLETED");
  const Reply result = get(url(), job + "/results/result");
  EXPECT_EQ(result.header("content-type"), "application/fits");
  EXPECT_EQ(read_fits_bytes(result.body).images.size(), 2U);

  const auto [empty_phase, empty] = run("ID=" + token.str(1) + "&POS=CIRCLE+10+20+0.0005");
  EXPECT_EQ(empty_phase, "COMPLETED");
  EXPECT_EQ(get(url(), empty + "/results/result").body.substr(0, 5), "Error");
  EXPECT_EQ(run("ID=" + std::string(kCasda) + "&POS=CIRCLE+60.5+-20.25+0.0005").first, "ERROR")
      << "not its token";
}

}  // namespace
}  // namespace esofs::sim
