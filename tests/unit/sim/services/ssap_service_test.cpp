#include <gmock/gmock.h>

#include "tests/unit/sim/sim_fixture.h"

namespace esofs::sim {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class SsapServiceTest : public SimTest {
 protected:
  std::string ssap(const std::string& parameters) {
    const auto reply = get(url(), "/ssap?" + parameters);
    EXPECT_EQ(reply.status, 200);
    return reply.body;
  }
  static std::size_t rows(const std::string& document) {
    std::size_t count = 0;
    for (auto at = document.find("<TR>"); at != std::string::npos; at = document.find("<TR>", at + 1))
      ++count;
    return count;
  }
};

TEST_F(SsapServiceTest, FindsTheSpectraInACircleGivenByItsDiameter) {
  const auto all = rows(ssap("REQUEST=queryData"));
  const auto around = ssap("REQUEST=queryData&POS=26.017,-15.9375&SIZE=0.2");
  EXPECT_GT(rows(around), 0U);
  EXPECT_LT(rows(around), all);
  EXPECT_THAT(around, HasSubstr("utype=\"ssa:Access.Reference\""));
  EXPECT_THAT(around, HasSubstr("<INFO name=\"SERVICE_PROTOCOL\" value=\"1.1\">SSAP</INFO>"));
  EXPECT_EQ(rows(ssap("REQUEST=queryData&POS=26.017,0&SIZE=0.2")), 0U);
  EXPECT_EQ(rows(ssap("request=QUERYDATA&pos=26.017,-15.9375;ICRS&size=0.2")), rows(around));
}

TEST_F(SsapServiceTest, FindsByWavelengthTimeAndFormat) {
  const auto all = rows(ssap("REQUEST=queryData"));
  EXPECT_EQ(rows(ssap("REQUEST=queryData&BAND=1e-7/1e-5")), all);
  EXPECT_EQ(rows(ssap("REQUEST=queryData&BAND=/1e-9")), 0U);
  EXPECT_LT(rows(ssap("REQUEST=queryData&TIME=/2010-01-01")), all);
  EXPECT_EQ(rows(ssap("REQUEST=queryData&TIME=1990/2100")), all);
  EXPECT_EQ(rows(ssap("REQUEST=queryData&FORMAT=graphic")), 0U);
  EXPECT_EQ(rows(ssap("REQUEST=queryData&FORMAT=fits")), all);
}

TEST_F(SsapServiceTest, AnErrorIsReportedInTheDocument) {
  for (const char* bad : {"POS=1", "POS=a,b", "POS=1,99", "SIZE=-1", "BAND=red", "TIME=noon", "MAXREC=few"}) {
    const auto document = ssap(std::string("REQUEST=queryData&") + bad);
    EXPECT_THAT(document, HasSubstr("value=\"ERROR\"")) << bad;
    EXPECT_EQ(rows(document), 0U);
  }
  EXPECT_THAT(ssap("POS=1,2"), HasSubstr("REQUEST is missing"));
}

TEST_F(SsapServiceTest, CutsAtMaxrecAndReportsIt) {
  const auto cut = ssap("REQUEST=queryData&MAXREC=2");
  EXPECT_EQ(rows(cut), 2U);
  EXPECT_THAT(cut, HasSubstr("</TABLE>\n<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>"));
  EXPECT_THAT(ssap("REQUEST=queryData"), Not(HasSubstr("OVERFLOW")));
}

TEST_F(SsapServiceTest, DescribesItselfOnRequest) {
  const auto described = ssap("REQUEST=queryData&FORMAT=METADATA");
  EXPECT_THAT(described, HasSubstr("<PARAM name=\"INPUT:POS\""));
  EXPECT_EQ(rows(described), 0U);
}

}  // namespace
}  // namespace esofs::sim
