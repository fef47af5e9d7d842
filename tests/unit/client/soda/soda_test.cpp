// What comes of a request for a cutout: the file, a refusal, a busy service, a job.
#include "client/soda/soda.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/unit/client/http/http_fixture.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;

const std::string kFits = "SIMPLE  =                    T and the rest of a cutout";

class Collected : public FetchSink {
 public:
  Result<void> head(const FileHead& head) override {
    ++heads;
    total = head.total;
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  }
  int heads = 0;
  std::optional<std::uint64_t> total;
  std::string bytes;
};

class SodaTest : public HttpTest {
 protected:
  Result<FileHead> fetch(FetchKind kind = FetchKind::kMade) {
    FetchRequest request;
    request.url = server_.url("/soda?ID=D&CIRCLE=1%202%203");
    request.fits = true;
    request.kind = kind;
    return Soda(client(), "").fetch(request, sink_, turn_);
  }
  int error(FetchKind kind = FetchKind::kMade) {
    auto fetched = fetch(kind);
    if (fetched) return 0;
    sentence_ = fetched.error().what();
    return fetched.error().code();
  }

  Collected sink_;
  std::string sentence_;
};

TEST_F(SodaTest, ACutoutComesWithOrWithoutALength) {
  server_.add(answer_with(200, kFits, {{"Content-Type", "application/fits"}}));
  ASSERT_EQ(error(), 0);
  EXPECT_EQ(sink_.bytes, kFits);
  EXPECT_EQ(sink_.total, kFits.size());
  sink_ = {};
  server_.add(
      Answer().send(head_text(200, {{"Content-Type", "application/fits"}, {"Transfer-Encoding", "chunked"}}) +
                    "34\r\n" + kFits.substr(0, 0x34) + "\r\n0\r\n\r\n"));
  ASSERT_EQ(error(), 0);
  EXPECT_EQ(sink_.bytes, kFits.substr(0, 0x34));
  EXPECT_EQ(sink_.total, std::nullopt);
}

TEST_F(SodaTest, NoPixelIsEnodata) {
  server_.add(answer_with(204));
  EXPECT_EQ(error(), ENODATA);
}

TEST_F(SodaTest, TheServicesOwnSentenceIsReturnedWithItsErrno) {
  struct Case {
    int status;
    const char* text;
    int code;
  };
  for (const auto& [status, text, code] :
       {Case{400, "UsageError: CIRCLE has two numbers", EINVAL}, Case{422, "radius must be positive", EINVAL},
        Case{404, "UsageError: no such dataset", ENOENT}, Case{404, "NotFound: no such dataset", ENOENT},
        Case{413, "too large", EINVAL}, Case{403, "AuthorizationError: not yours", EACCES},
        Case{400, "AuthenticationError: who are you", EACCES},
        Case{400, "MultiValuedParamNotSupported: ID", EINVAL}, Case{500, "Error: out of disk", EIO},
        Case{200, "Error: something went wrong", EIO}, Case{200, "UsageError: told with 200", EINVAL}}) {
    server_.add(answer_with(status, text, {{"Content-Type", "text/plain"}}));
    EXPECT_EQ(error(), code) << status << " " << text;
    EXPECT_THAT(sentence_, HasSubstr(text)) << status;
    EXPECT_EQ(sink_.heads, 0) << "nothing of it is the file";
  }
}

TEST_F(SodaTest, AWebPageIsNoCutout) {
  server_.add(answer_with(200, "<html>log in</html>", {{"Content-Type", "text/html"}}));
  EXPECT_EQ(error(), EIO);
  EXPECT_EQ(sink_.heads, 0);
}

TEST_F(SodaTest, ABusyServiceIsAskedAgainAndAGivenUpOneAtMostSoOften) {
  server_.add(
      answer_with(503, "ServiceUnavailable: busy", {{"Content-Type", "text/plain"}, {"Retry-After", "0"}}));
  server_.add(answer_with(504, "gateway", {{"Content-Type", "text/plain"}}));
  server_.add(answer_with(200, kFits));
  ASSERT_EQ(error(), 0) << sentence_;
  EXPECT_EQ(server_.requests().size(), 3U);
  server_.otherwise(answer_with(503, "ServiceUnavailable: busy", {{"Content-Type", "text/plain"}}));
  EXPECT_EQ(error(), EIO);
  EXPECT_THAT(sentence_, HasSubstr("ServiceUnavailable"));
  EXPECT_EQ(server_.requests().size(), 6U) << "three attempts";
}

TEST_F(SodaTest, ASlowServiceHasTheTimeOfCutoutsAndNotThatOfFiles) {
  settings_.limits.first_byte = 1ms;
  settings_.cutout = kPatience;
  server_.add(Answer()
                  .hold()
                  .send(head_text(200, {{"Content-Length", std::to_string(kFits.size())}}) + kFits)
                  .close());
  const std::jthread later([this] {
    (void)server_.wait_for_holds(1);
    server_.release();
  });
  EXPECT_EQ(error(), 0) << sentence_;
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SodaTest, ACutoutThatDoesNotBeginInItsTimeIsEtimedoutAfterOneRequest) {
  settings_.cutout = 50ms;
  server_.otherwise(Answer().hold());
  EXPECT_EQ(error(), ETIMEDOUT);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SodaTest, ABodyThatBreaksOffIsNotAskedForAgain) {
  server_.otherwise(Answer().send(head_text(200, {{"Content-Length", "1000"}}) + kFits).close());
  EXPECT_EQ(error(), EIO);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(SodaTest, AStoppedRequestLeavesTheServer) {
  server_.otherwise(Answer().hold());
  const std::jthread stopper([this] {
    (void)server_.wait_for_holds(1);
    stop_.request_stop();
  });
  EXPECT_EQ(error(), EINTR);
  EXPECT_TRUE(server_.wait_for_departures(1));
}

// --- jobs ---

std::string job_document(const std::string& phase, const std::string& more = "") {
  return R"(<uws:job xmlns:uws="http://www.ivoa.net/xml/UWS/v1.0" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1">)"
         "<uws:jobId>7</uws:jobId><uws:phase>" +
         phase + "</uws:phase>" + more + "</uws:job>";
}

class SodaJobTest : public SodaTest {
 protected:
  SodaJobTest() {
    server_.at("/soda", answer_with(303, "", {{"Location", server_.url("/soda/7")}}));
    server_.at("/soda/7/phase", answer_with(303, "", {{"Location", server_.url("/soda/7")}}));
  }
  std::string log() const {
    std::string text;
    for (const auto& request : server_.requests()) text += request.method + " " + request.target + "\n";
    return text;
  }
};

TEST_F(SodaJobTest, AJobIsMadeRunWaitedForFetchedAndDeleted) {
  server_.add(answer_with(200, job_document("QUEUED")));
  server_.add(answer_with(
      200,
      job_document("COMPLETED",
                   R"(<uws:results><uws:result id="cut" xlink:href="/soda/7/results/cut"/></uws:results>)")));
  server_.at("/soda/7/results/cut", answer_with(200, kFits));
  ASSERT_EQ(error(FetchKind::kJob), 0) << sentence_;
  EXPECT_EQ(sink_.bytes, kFits);
  EXPECT_EQ(log(),
            "POST /soda\nPOST /soda/7/phase\nGET /soda/7\nGET /soda/7?WAIT=30&PHASE=QUEUED\nGET "
            "/soda/7/results/cut\nDELETE /soda/7\n");
  EXPECT_EQ(server_.requests()[0].body, "ID=D&CIRCLE=1%202%203");
  EXPECT_EQ(server_.requests()[1].body, "PHASE=RUN");
}

TEST_F(SodaTest, AnOldServerDeletesAJobByAnAction) {
  server_.add(answer_with(303, "", {{"Location", server_.url("/soda/7")}}));
  server_.add(answer_with(303));
  server_.add(answer_with(200, job_document("ERROR",
                                            "<uws:errorSummary><uws:message>no</uws:message>"
                                            "</uws:errorSummary>")));
  server_.add(answer_with(405));
  server_.add(answer_with(303));
  EXPECT_NE(error(FetchKind::kJob), 0);
  ASSERT_EQ(server_.requests().size(), 5U);
  EXPECT_EQ(server_.requests()[4].target, "/soda/7");
  EXPECT_EQ(server_.requests()[4].body, "ACTION=DELETE");
}

TEST_F(SodaJobTest, AJobThatVanishesIsAFailureAndNotAMissingFile) {
  server_.add(answer_with(200, job_document("EXECUTING")));
  server_.otherwise(answer_with(404, "no such job", {{"Content-Type", "text/plain"}}));
  EXPECT_EQ(error(FetchKind::kJob), EIO);
  EXPECT_THAT(sentence_, HasSubstr("no such job"));
}

TEST_F(SodaTest, AJobThatIsNotKnownYetIsAskedForAgain) {
  server_.add(answer_with(303, "", {{"Location", server_.url("/soda/7")}}));
  server_.add(answer_with(404, "no such job"));
  server_.add(answer_with(303));
  server_.add(answer_with(404, "no such job"));
  server_.add(answer_with(
      200, job_document("COMPLETED",
                        R"(<uws:results><uws:result id="cut" xlink:href="7/results/cut"/></uws:results>)")));
  server_.at("/soda/7/results/cut", answer_with(200, kFits));
  server_.otherwise(answer_with(200));
  EXPECT_EQ(error(FetchKind::kJob), 0) << sentence_;
}

TEST_F(SodaJobTest, AFailedJobTellsWhyAndIsDeleted) {
  server_.add(
      answer_with(200, job_document("ERROR",
                                    "<uws:errorSummary type=\"fatal\" hasDetail=\"false\">"
                                    "<uws:message>UsageError: no such ID</uws:message></uws:errorSummary>")));
  EXPECT_EQ(error(FetchKind::kJob), EINVAL);
  EXPECT_THAT(sentence_, HasSubstr("UsageError: no such ID"));
  EXPECT_THAT(log(), HasSubstr("DELETE /soda/7"));
}

TEST_F(SodaJobTest, ATextInsteadOfAResultIsNoPixel) {
  server_.add(answer_with(
      200,
      job_document("COMPLETED",
                   R"(<uws:results><uws:result id="cut" xlink:href="/soda/7/results/cut"/></uws:results>)")));
  server_.at("/soda/7/results/cut",
             answer_with(200, "Error: nothing inside", {{"Content-Type", "text/plain"}}));
  EXPECT_EQ(error(FetchKind::kJob), ENODATA);
  EXPECT_EQ(sink_.heads, 0);
}

TEST_F(SodaTest, ADroppedConnectionDoesNotCreateASecondJob) {
  for (auto drop : {Answer().reset(), Answer().close(), Answer().send("HTTP/1.1 303 See Oth").close()}) {
    const auto before = server_.requests().size();
    server_.otherwise(std::move(drop));
    EXPECT_NE(error(FetchKind::kJob), 0);
    EXPECT_EQ(server_.requests().size(), before + 1) << sentence_;
  }
}

TEST_F(SodaJobTest, AJobIsStartedOnceAndDeletedIfTheConnectionDrops) {
  server_.at("/soda/7/phase", Answer().reset());
  server_.otherwise(answer_with(200));
  EXPECT_NE(error(FetchKind::kJob), 0);
  EXPECT_EQ(log(), "POST /soda\nPOST /soda/7/phase\nDELETE /soda/7\n");
}

TEST_F(SodaJobTest, AJobThatNobodyWaitsForIsDeleted) {
  server_.otherwise(Answer().hold().close());
  const std::jthread stopper([this] {
    (void)server_.wait_for_holds(1);
    stop_.request_stop();
    (void)server_.wait_for_requests(4);
    server_.release();
  });
  EXPECT_EQ(error(FetchKind::kJob), EINTR);
  EXPECT_THAT(log(), HasSubstr("DELETE /soda/7"));
}

}  // namespace
}  // namespace esofs::client
