// Searches for spectra: what is asked, and what becomes of the answers that services give.
#include "client/services/ssap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/client/http/http_fixture.h"
#include "tests/unit/client/votable/collected_table.h"

namespace esofs::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string answer(const std::string& rows, const std::string& after = "") {
  return "<?xml version=\"1.0\"?><VOTABLE version=\"1.1\"><RESOURCE type=\"results\">"
         "<INFO name=\"QUERY_STATUS\" value=\"OK\"/><INFO name=\"SERVICE_PROTOCOL\" value=\"1.1\">SSAP</INFO>"
         "<TABLE><FIELD name=\"acref\" datatype=\"char\" arraysize=\"*\" utype=\"ssa:Access.Reference\"/>"
         "<DATA><TABLEDATA>" +
         rows + "</TABLEDATA></DATA></TABLE>" + after + "</RESOURCE></VOTABLE>";
}
const std::string kTwoRows = "<TR><TD>http://a/1</TD></TR><TR><TD>http://a/2</TD></TR>";

class SsapTest : public HttpTest {
 protected:
  Result<QuerySummary> query(const std::string& parameters, std::uint64_t maxrec = 0,
                             const std::string& path = "/ssap") {
    QueryRequest request;
    request.service = kSsapService;
    request.adql = parameters;
    request.maxrec = maxrec;
    return Ssap(client(), server_.url(path)).query(request, table_, turn_);
  }
  tests::CollectedTable table_;
};

TEST_F(SsapTest, SendsTheParametersAndPassesTheRowsOn) {
  server_.add(answer_with(200, answer(kTwoRows)));
  const auto summary = query("REQUEST=queryData&POS=10.68,41.27&SIZE=0.2");
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_EQ(server_.requests().at(0).target, "/ssap?REQUEST=queryData&POS=10.68,41.27&SIZE=0.2");
  EXPECT_THAT(table_.ids(), ElementsAre("http://a/1", "http://a/2"));
  EXPECT_EQ(summary->rows, 2U);
  EXPECT_FALSE(summary->truncated);
  EXPECT_EQ(summary->service, "ssap");
}

TEST_F(SsapTest, JoinsABaseUrlThatHasParametersOfItsOwn) {
  server_.otherwise(answer_with(200, answer("")));
  ASSERT_TRUE(query("REQUEST=queryData", 0, "/x?a=1&"));
  ASSERT_TRUE(query("REQUEST=queryData", 0, "/x?a=1"));
  EXPECT_EQ(server_.requests().at(0).target, "/x?a=1&REQUEST=queryData");
  EXPECT_EQ(server_.requests().at(1).target, "/x?a=1&REQUEST=queryData");
}

TEST_F(SsapTest, NoticesACutAnswerByARowMoreAndByOverflow) {
  server_.add(answer_with(200, answer(kTwoRows)));
  auto summary = query("REQUEST=queryData", 1);
  ASSERT_TRUE(summary);
  EXPECT_EQ(server_.requests().at(0).target, "/ssap?REQUEST=queryData&MAXREC=2");
  EXPECT_TRUE(summary->truncated);
  EXPECT_EQ(table_.rows.size(), 1U);
  server_.add(answer_with(200, answer(kTwoRows, "<INFO name=\"QUERY_STATUS\" value=\"OVERFLOW\"/>")));
  summary = query("REQUEST=queryData");
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->truncated);
}

TEST_F(SsapTest, AMaxrecFitsIntoAnIntegerOf32Bits) {
  server_.otherwise(answer_with(200, answer(kTwoRows)));
  ASSERT_TRUE(query("REQUEST=queryData", 4'294'967'296));
  EXPECT_EQ(server_.requests().at(0).target, "/ssap?REQUEST=queryData&MAXREC=2147483647");
}

TEST_F(SsapTest, AnAnswerThatStopsAtTheAnnouncedLimitIsCut) {
  std::string rows;
  for (int i = 0; i < 100; ++i) rows += "<TR><TD>http://a/" + std::to_string(i) + "</TD></TR>";
  server_.add(answer_with(200, answer(rows)));
  server_.add(answer_with(200,
                          "<ri:capabilities xmlns:ri=\"x\"><capability standardID=\"ivo://ivoa.net/std/SSA\">"
                          "<maxRecords>100</maxRecords></capability></ri:capabilities>"));
  const auto summary = query("REQUEST=queryData", 5000, "/ssap?");
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_EQ(summary->rows, 100U);
  EXPECT_TRUE(summary->truncated);
  EXPECT_EQ(server_.requests().at(1).target, "/ssap/capabilities");
}

TEST_F(SsapTest, AnErrorInTheDocumentIsARefusalWithAnyHttpStatus) {
  server_.add(answer_with(200,
                          "<VOTABLE version=\"1.1\"><RESOURCE type=\"results\"><INFO name=\"QUERY_STATUS\" "
                          "value=\"ERROR\">POS is not a position</INFO></RESOURCE></VOTABLE>"));
  const auto failed = query("REQUEST=queryData&POS=x");
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), EINVAL);
  EXPECT_THAT(failed.error().what(), HasSubstr("POS is not a position"));
  EXPECT_TRUE(table_.rows.empty());
}

TEST_F(SsapTest, AMissingServiceIsNoMissingFile) {
  server_.otherwise(answer_with(404));
  EXPECT_EQ(query("REQUEST=queryData").error().code(), EIO);
}

TEST_F(SsapTest, RefusesWhatIsNoListOfParameters) {
  for (const char* text :
       {"SELECT * FROM dbo.ssa", "POS=1,2", "REQUEST=queryData#x", "REQUEST=queryData\r\nHost: x"})
    EXPECT_EQ(query(text).error().code(), EINVAL) << text;
  EXPECT_TRUE(server_.requests().empty());
}

}  // namespace
}  // namespace esofs::client
