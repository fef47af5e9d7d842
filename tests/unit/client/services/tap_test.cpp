#include "client/services/tap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <limits>
#include <thread>

#include "tests/unit/client/services/tap_fixture.h"

namespace esofs::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using tests::Answer;
using tests::answer_with;
using tests::error_votable;
using tests::votable;

const std::string kOk = R"(<INFO name="QUERY_STATUS" value="OK"/>)";
const std::string kOverflow = R"(<INFO name="QUERY_STATUS" value="OVERFLOW"/>)";
const std::string kBrokeDown = R"(<INFO name="QUERY_STATUS" value="ERROR">The disk broke</INFO>)";

TEST_F(TapTest, AnAnswerIsPassedOnWithItsBytesColumnsAndRows) {
  const auto document = votable({"A", "B"});
  server_.at("/tap/sync", answer_with(200, document));
  auto summary = query();
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_THAT(table_.ids(), ElementsAre("A", "B"));
  EXPECT_THAT(table_.names, ElementsAre("dp_id"));
  EXPECT_EQ(table_.document, document);
  EXPECT_EQ(summary->service, "obs");
  EXPECT_EQ(summary->url, server_.url("/tap"));
  EXPECT_EQ(summary->rows, 2U);
  EXPECT_FALSE(summary->truncated);
  EXPECT_EQ(summary->job_url, "");
}

TEST_F(TapTest, TheQueryIsPostedAsAFormAndAsksForOneRowMore) {
  server_.at("/tap/sync", answer_with(200, votable({})));
  ASSERT_TRUE(query(QueryMode::kSync, 5));
  const auto request = server_.requests().at(0);
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_THAT(request.body, HasSubstr("REQUEST=doQuery&LANG=ADQL&MAXREC=6&QUERY=SELECT"));
  EXPECT_THAT(request.body, HasSubstr("b%26c"));
  EXPECT_THAT(request.body, Not(HasSubstr("FORMAT")));
}

TEST_F(TapTest, WithoutALimitTheProfilesIsTakenOrNone) {
  server_.at("/tap/sync", answer_with(200, votable({})));
  ASSERT_TRUE(query());
  EXPECT_THAT(server_.requests().at(0).body, HasSubstr("MAXREC=11&"));
  profile_.tap[0].maxrec = 0;
  ASSERT_TRUE(query());
  EXPECT_THAT(server_.requests().at(1).body, Not(HasSubstr("MAXREC")));
}

TEST_F(TapTest, OneRowMoreThanWantedMeansTruncatedAndIsKeptBack) {
  server_.at("/tap/sync", answer_with(200, votable({"A", "B", "C"})));
  auto summary = query(QueryMode::kSync, 2);
  ASSERT_TRUE(summary);
  EXPECT_THAT(table_.ids(), ElementsAre("A", "B"));
  EXPECT_TRUE(summary->truncated);
  EXPECT_EQ(summary->rows, 2U);
}

TEST_F(TapTest, ExactlyAsManyRowsAsWantedAreComplete) {
  server_.at("/tap/sync", answer_with(200, votable({"A", "B"})));
  auto summary = query(QueryMode::kSync, 2);
  ASSERT_TRUE(summary);
  EXPECT_FALSE(summary->truncated);
}

TEST_F(TapTest, OverflowMeansTruncated) {
  server_.at("/tap/sync", answer_with(200, votable({"A"}, kOk, kOverflow)));
  auto summary = query();
  ASSERT_TRUE(summary);
  EXPECT_TRUE(summary->truncated);
  EXPECT_EQ(summary->rows, 1U);
}

TEST_F(TapTest, OverflowIsUnderstoodHoweverItIsWritten) {
  for (const char* word : {"overflow", " OVERFLOW ", "Overflow\n"}) {
    const auto info = R"(<INFO name="QUERY_STATUS" value=")" + std::string(word) + R"("/>)";
    server_.at("/tap/sync", answer_with(200, votable({"A"}, kOk, info)));
    auto summary = query();
    ASSERT_TRUE(summary) << summary.error().what();
    EXPECT_TRUE(summary->truncated) << word;
  }
}

TEST_F(TapTest, AnErrorIsUnderstoodHoweverItIsWritten) {
  for (const char* word : {"error", " ERROR ", "Error\n"}) {
    const auto info =
        R"(<INFO name="QUERY_STATUS" value=")" + std::string(word) + R"(">no such column</INFO>)";
    for (const auto& document : {votable({"A"}, info), votable({"A"}, kOk, info)}) {
      server_.at("/tap/sync", answer_with(200, document));
      auto summary = query();
      ASSERT_FALSE(summary) << word;
      EXPECT_THAT(summary.error().what(), HasSubstr("no such column"));
    }
  }
}

TEST_F(TapTest, AnErrorInASecondDocumentIsTheAnswer) {
  const auto document = votable({"A", "B"});
  const auto failed = error_votable("The disk broke");
  for (const auto& answer : {document + failed, document.substr(0, document.find("<TD>B")) + failed,
                             document.substr(0, document.find("B</TD>")) + "\n" + failed}) {
    const auto before = server_.requests().size();
    server_.at("/tap/sync", answer_with(200, answer));
    auto summary = query(QueryMode::kSync);
    ASSERT_FALSE(summary);
    EXPECT_EQ(summary.error().code(), EIO);
    EXPECT_THAT(summary.error().what(), HasSubstr("The disk broke"));
    EXPECT_EQ(server_.requests().size(), before + 1) << "the service has answered";
  }
}

TEST_F(TapTest, TheSentenceOfAMalformedErrorDocumentIsRead) {
  const std::string head = R"(<?xml version="1.0"?><VOTABLE><RESOURCE type="results">)";
  const std::string info = R"(<INFO name="QUERY_STATUS" value="ERROR">)";
  for (const auto& document :
       {head + info + "a < 3 & b > 4 is no condition</INFO></RESOURCE></VOTABLE>",
        head + info + "a < 3 & b > 4 is no condition",
        head + R"(<INFO value='error' name='query_status'>a &lt; 3 & b > 4 is no condition</INFO>)",
        head + R"(<PARAM name="x" value="a&b"/>)" + info + "a < 3 & b > 4 is no condition</INFO>"}) {
    for (const int status : {200, 400}) {
      const auto before = server_.requests().size();
      server_.at("/tap/sync", answer_with(status, document, {{"Content-Type", "text/xml"}}));
      auto summary = query(QueryMode::kSync);
      ASSERT_FALSE(summary) << document;
      EXPECT_EQ(summary.error().code(), EINVAL) << summary.error().what();
      EXPECT_THAT(summary.error().what(), HasSubstr("a < 3 & b > 4 is no condition")) << document;
      EXPECT_EQ(server_.requests().size(), before + 1);
    }
  }
}

TEST_F(TapTest, AnErrorIsSeenWhateverTheStatus) {
  for (const int status : {200, 400}) {
    server_.at("/tap/sync", answer_with(status, error_votable("Unknown column \"o.x\" !")));
    auto summary = query();
    ASSERT_FALSE(summary) << status;
    EXPECT_EQ(summary.error().code(), EINVAL) << status;
    EXPECT_THAT(summary.error().what(), HasSubstr("Unknown column \"o.x\" !"));
  }
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(TapTest, AnErrorAfterRowsIsEioAndBeforeRowsEinval) {
  server_.at("/tap/sync", answer_with(200, votable({"A"}, kOk, kBrokeDown)));
  auto summary = query();
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), EIO);
  EXPECT_THAT(summary.error().what(), HasSubstr("The disk broke"));
  server_.at("/tap/sync", answer_with(200, votable({}, kOk, kBrokeDown)));
  EXPECT_EQ(query().error().code(), EINVAL);
}

TEST_F(TapTest, AnErrorBeforeTheTableLetsNoRowThrough) {
  server_.at("/tap/sync", answer_with(200, votable({"A"}, kBrokeDown)));
  ASSERT_FALSE(query());
  EXPECT_THAT(table_.rows, IsEmpty());
}

TEST_F(TapTest, RefusalsHaveTheirErrno) {
  server_.at("/tap/sync", answer_with(403, "<html>no</html>"));
  EXPECT_EQ(query().error().code(), EACCES);
  server_.at("/tap/sync", answer_with(500, error_votable("out of memory")));
  EXPECT_EQ(query().error().code(), EIO);
  server_.at("/tap/sync", answer_with(404, "<html>moved</html>"));
  EXPECT_EQ(query().error().code(), EIO);  // not ENOENT: the directory is there
  server_.at("/tap/sync", answer_with(400, "Usage: no such table", {{"Content-Type", "text/plain"}}));
  EXPECT_EQ(query().error().code(), EINVAL);
  EXPECT_THAT(query().error().what(), HasSubstr("no such table"));
  EXPECT_EQ(table_.document, "");
}

TEST_F(TapTest, APageInsteadOfATableIsAFailure) {
  server_.at("/tap/sync", answer_with(200, "<!DOCTYPE html><html><body>Log in</body></html>",
                                      {{"Content-Type", "text/html"}}));
  EXPECT_EQ(query().error().code(), EIO);
  server_.at("/tap/sync", answer_with(200, ""));
  EXPECT_EQ(query().error().code(), EIO);
  server_.at("/tap/sync", answer_with(204));
  EXPECT_EQ(query().error().code(), EIO);
  server_.at("/tap/sync", answer_with(200, R"(<VOTABLE version="1.3"><RESOURCE type="results"/></VOTABLE>)"));
  EXPECT_EQ(query().error().code(), EIO);
}

TEST_F(TapTest, AnAnswerThatBreaksOffBeginsAgain) {
  const auto document = votable({"A", "B"});
  server_.add(
      Answer().send(tests::head_text(200, {{"Content-Length", "100000"}}) + document.substr(0, 300)).close());
  server_.add(answer_with(200, document.substr(0, document.size() - 20)));  // whole for HTTP, cut for XML
  server_.add(answer_with(200, document));
  auto summary = query();
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_EQ(table_.restarts, 2);
  EXPECT_THAT(table_.ids(), ElementsAre("A", "B"));
  EXPECT_EQ(table_.document, document);
}

TEST_F(TapTest, AnAnswerThatAlwaysBreaksOffFails) {
  const auto document = votable({"A", "B"});
  server_.at("/tap/sync", answer_with(200, document.substr(0, document.size() - 20)));
  EXPECT_EQ(query().error().code(), EIO);
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(TapTest, AFailureOfTheSinkIsItsOwnAndEndsTheQuery) {
  server_.at("/tap/sync", answer_with(200, votable({"A", "B"})));
  table_.fail_at_row = 1;
  EXPECT_EQ(query().error().code(), ENOSPC);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(TapTest, AServiceThatIsBusyIsAskedAgain) {
  server_.add(answer_with(503, "later"));
  server_.add(answer_with(200, votable({"A"})));
  ASSERT_TRUE(query());
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(TapTest, ASyncQueryThatRunsOutOfTimeBecomesAJob) {
  for (const auto& failure :
       {answer_with(502, "<html>proxy</html>"), answer_with(504, ""),
        answer_with(200, error_votable("The request timed out")),
        answer_with(200,
                    votable({"A"}, kOk,
                            R"(<INFO name="QUERY_STATUS" value="ERROR">The request timed out</INFO>)"))}) {
    const auto before = server_.requests().size();
    server_.add(failure);
    add_job();
    server_.add(answer_with(200, job_document("COMPLETED", results("/tap/async/7/results/result"))));
    server_.add(answer_with(200, votable({"X"})));
    auto summary = query();
    ASSERT_TRUE(summary) << summary.error().what();
    EXPECT_THAT(table_.ids(), ElementsAre("X"));
    EXPECT_EQ(summary->job_url, server_.url("/tap/async/7"));
    EXPECT_EQ(server_.requests().size(), before + 7);
    table_ = {};
  }
}

TEST_F(TapTest, ASyncQueryStaysSyncIfRequested) {
  server_.at("/tap/sync", answer_with(502, "proxy"));
  EXPECT_EQ(query(QueryMode::kSync).error().code(), EIO);
  server_.at("/tap/sync", answer_with(200, error_votable("The request timed out")));
  EXPECT_EQ(query(QueryMode::kSync).error().code(), ETIMEDOUT);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(TapTest, AnArchivedJobIsNoMistakeOfTheQuery) {
  add_job();
  server_.add(answer_with(200, job_document("ARCHIVED")));
  server_.add(answer_with(404, ""));
  EXPECT_EQ(query(QueryMode::kAsync).error().code(), EIO);
}

TEST_F(TapTest, AResultIsFoundByARelativeLink) {
  for (const char* link : {"7/results/result", "results/result", "/tap/async/7/results/result"}) {
    add_job();
    const auto result = "<results><result id=\"result\" xlink:href=\"" + std::string(link) + "\"/></results>";
    server_.add(answer_with(200, job_document("COMPLETED", result)));
    server_.add(answer_with(200, votable({"A"})));
    ASSERT_TRUE(query(QueryMode::kAsync));
    EXPECT_EQ(asked().back(), "GET /tap/async/7/results/result") << link;
  }
}

TEST_F(TapTest, NoResultIsReadFromTheDisk) {
  for (const char* link :
       {"file:///etc/passwd", "FILE:/etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x"}) {
    add_job();
    const auto result = "<results><result id=\"result\" xlink:href=\"" + std::string(link) + "\"/></results>";
    server_.add(answer_with(200, job_document("COMPLETED", result)));
    auto summary = query(QueryMode::kAsync);
    ASSERT_FALSE(summary) << link;
    EXPECT_THAT(summary.error().what(), HasSubstr("not an http or https URL"));
  }
}

TEST_F(TapTest, ALimitBeyondTheIntegersOfServersIsSentAsTheirLargest) {
  constexpr std::uint64_t kMost = 0x7fffffff;
  for (const auto wanted : {kMost - 1, kMost, kMost + 1, std::uint64_t{5'000'000'000},
                            std::numeric_limits<std::uint64_t>::max()}) {
    server_.at("/tap/sync", answer_with(200, votable({"A"})));
    auto summary = query(QueryMode::kSync, wanted);
    ASSERT_TRUE(summary) << summary.error().what();
    EXPECT_THAT(server_.requests().back().body, HasSubstr("&MAXREC=2147483647&")) << wanted;
  }
}

TEST_F(TapTest, TheErrorOfAFailedJobHasItsSentence) {
  add_job();
  server_.add(answer_with(
      200, job_document("ERROR",
                        "<errorSummary type=\"fatal\"><message>no such column</message></errorSummary>")));
  auto summary = query(QueryMode::kAsync);
  ASSERT_FALSE(summary);
  EXPECT_EQ(summary.error().code(), EINVAL);
  EXPECT_THAT(summary.error().what(), HasSubstr("no such column"));
  EXPECT_THAT(table_.rows, IsEmpty());
}

TEST_F(TapTest, AFailedJobWithoutASummaryIsAskedForItsError) {
  add_job();
  server_.add(answer_with(200, job_document("ERROR")));
  server_.add(answer_with(200, error_votable("time limit reached")));
  auto summary = query(QueryMode::kAsync);
  EXPECT_EQ(summary.error().code(), ETIMEDOUT);
  EXPECT_EQ(asked().back(), "GET /tap/async/7/error");
}

TEST_F(TapTest, AJobAbortedAtTheEndOfItsDurationRanOutOfTime) {
  const std::string ran =
      "<startTime>2026-01-01T00:00:00Z</startTime><endTime>2026-01-01T00:01:00Z</endTime>";
  add_job();
  server_.add(answer_with(200, job_document("ABORTED", ran)));
  server_.add(answer_with(404, ""));
  EXPECT_EQ(query(QueryMode::kAsync).error().code(), ETIMEDOUT);
  add_job();
  server_.add(answer_with(
      200, job_document("ABORTED", ran + "<errorSummary><message>was stopped</message></errorSummary>")));
  auto summary = query(QueryMode::kAsync);
  EXPECT_EQ(summary.error().code(), ETIMEDOUT);
  EXPECT_THAT(summary.error().what(), HasSubstr("was stopped"));
}

TEST_F(TapTest, AJobThatTheServerAbortsIsNoMistakeOfTheQuery) {
  add_job();
  server_.add(answer_with(200, job_document("ABORTED")));
  server_.add(answer_with(404, ""));
  EXPECT_EQ(query(QueryMode::kAsync).error().code(), EIO);
  add_job();
  server_.add(answer_with(
      200, job_document("ABORTED", "<errorSummary><message>maintenance begins</message></errorSummary>")));
  auto summary = query(QueryMode::kAsync);
  EXPECT_EQ(summary.error().code(), EIO);
  EXPECT_THAT(summary.error().what(), HasSubstr("maintenance begins"));
}

TEST_F(TapTest, AJobThatCannotBeMadeFailsTheQuery) {
  server_.add(answer_with(400, error_votable("no QUERY")));
  EXPECT_EQ(query(QueryMode::kAsync).error().code(), EINVAL);
  server_.add(answer_with(200, "<html>hello</html>"));
  EXPECT_EQ(query(QueryMode::kAsync).error().code(), EIO);
  EXPECT_THAT(table_.jobs, IsEmpty());
}

TEST_F(TapTest, AnErrorInTheResultOfAJobFailsTheQuery) {
  add_job();
  server_.add(answer_with(200, job_document("COMPLETED")));
  server_.add(answer_with(200, error_votable("the result is lost")));
  EXPECT_EQ(query(QueryMode::kAsync).error().code(), EINVAL);
}

TEST_F(TapTest, AnEarlierJobOfTheQueryIsPickedUp) {
  const auto url = server_.url("/tap/async/7");
  server_.add(answer_with(200, job_document("EXECUTING")));
  server_.add(answer_with(200, job_document("COMPLETED")));
  server_.add(answer_with(200, votable({"A"})));
  auto summary = query(QueryMode::kAuto, 10, url);
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_EQ(summary->job_url, url);
  EXPECT_THAT(table_.jobs, IsEmpty());
  EXPECT_THAT(asked(), ElementsAre("GET /tap/async/7", "GET /tap/async/7?WAIT=60&PHASE=EXECUTING",
                                   "GET /tap/async/7/results/result"));
}

TEST_F(TapTest, AnEarlierJobThatIsGoneOrAnothersIsLeftAlone) {
  const auto old = server_.url("/tap/async/old");
  auto other_query = job_document("COMPLETED");
  other_query.replace(other_query.find("ObsCore"), 7, "another");
  auto other_limit = job_document("COMPLETED");
  other_limit.replace(other_limit.find(">11<"), 4, ">12<");
  for (const auto& answer : {answer_with(404, "gone"), answer_with(200, other_query),
                             answer_with(200, other_limit), answer_with(200, job_document("ERROR"))}) {
    server_.add(answer);
    add_job();
    server_.add(answer_with(200, job_document("COMPLETED")));
    server_.add(answer_with(200, votable({"A"})));
    auto summary = query(QueryMode::kAuto, 10, old);
    ASSERT_TRUE(summary) << summary.error().what();
    EXPECT_EQ(summary->job_url, server_.url("/tap/async/7"));
  }
  EXPECT_EQ(table_.jobs.size(), 4U);
}

TEST_F(TapTest, AServiceThatFailsDoesNotCostTheEarlierJob) {
  server_.at("/tap/async/7", answer_with(500, "sick"));
  EXPECT_EQ(query(QueryMode::kAuto, 10, server_.url("/tap/async/7")).error().code(), EIO);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(TapTest, StoppingEndsASyncQueryAndStartsNoJob) {
  server_.add(Answer().hold());
  std::jthread stopping([this] {
    server_.wait_for_holds(1);
    stop_.request_stop();
  });
  EXPECT_EQ(query().error().code(), EINTR);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(TapTest, ANamedServiceIsUsed) {
  profile_.tap.push_back({"cat", server_.url("/other"), {"safcat"}, 0});
  server_.at("/other/sync", answer_with(200, votable({"A"})));
  QueryRequest request;
  request.adql = kQuery;
  request.service = "cat";
  auto summary = tap_.query(request, table_, turn_);
  ASSERT_TRUE(summary) << summary.error().what();
  EXPECT_EQ(summary->service, "cat");
  request.service = "kat";
  EXPECT_EQ(tap_.query(request, table_, turn_).error().code(), EINVAL);
}

TEST_F(TapTest, RecordedAnswersAreUnderstood) {
  const auto result = tests::sample("eso/cassettes/uws/async_result_3rows.vot");
  const auto missing = tests::sample("eso/cassettes/uws/error_404_job_not_found.xml");
  const auto overflow = tests::sample("other/pyvo/dal__query__overflowstatus.xml");
  const auto failed = tests::sample("other/pyvo/dal__query__errorstatus.xml");
  if (!result || !missing || !overflow || !failed) GTEST_SKIP();
  server_.at("/tap/sync", answer_with(200, *result));
  ASSERT_TRUE(query());
  EXPECT_EQ(table_.ids().front(), "ADP.2014-07-11T10:00:32.830");
  server_.at("/tap/sync", answer_with(400, *missing));
  EXPECT_THAT(query().error().what(), HasSubstr("Incorrect job ID!"));
  server_.at("/tap/sync", answer_with(200, *overflow));
  auto truncated = query();
  ASSERT_TRUE(truncated) << truncated.error().what();
  EXPECT_TRUE(truncated->truncated);
  server_.at("/tap/sync", answer_with(200, *failed));
  EXPECT_EQ(query().error().code(), EINVAL);
}

}  // namespace
}  // namespace esofs::client
