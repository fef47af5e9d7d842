#include "client/http/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <future>
#include <initializer_list>
#include <string>
#include <thread>

#include "client/http/traffic.h"
#include "tests/support/gzip.h"
#include "tests/unit/client/http/http_fixture.h"

namespace esofs::client {
namespace {

TEST_F(HttpTest, AnAnswerComesWithStatusHeadersAndBody) {
  server_.add(answer_with(200, "hello", {{"X-Kind", " Cube "}, {"Vary", "a"}, {"Vary", "b"}}));
  auto answer = get(server_.url("/file?x=1"));
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(answer->head.url, server_.url("/file?x=1"));
  EXPECT_EQ(answer->head.header("x-kind"), "Cube");
  EXPECT_EQ(answer->head.header("vary"), "a, b");
  EXPECT_EQ(answer->head.header("absent"), "");
  EXPECT_EQ(answer->body, "hello");
  EXPECT_EQ(server_.requests().at(0).target, "/file?x=1");
}

TEST_F(HttpTest, ChunkedAnswersAreWhole) {
  server_.add(Answer().send(head_text(200, {{"Transfer-Encoding", "chunked"}}) +
                            "3\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n"));
  auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "abcde");
}

TEST_F(HttpTest, AnInterimAnswerIsNotTheAnswer) {
  server_.add(
      Answer().send(head_text(102, {{"X-Interim", "1"}}) + head_text(200, {{"Content-Length", "2"}}) + "ok"));
  auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(answer->head.header("x-interim"), "");
  EXPECT_EQ(answer->body, "ok");
}

TEST_F(HttpTest, ARequestAsksForIdentityEncodingAndSaysWhoAsks) {
  settings_.user_agent = "esofs-test/1";
  server_.add(answer_with(200));
  ASSERT_TRUE(get(server_.url()));
  const auto seen = server_.requests().at(0);
  EXPECT_EQ(seen.method, "GET");
  EXPECT_EQ(seen.header("accept-encoding"), "identity");
  EXPECT_EQ(seen.header("user-agent"), "esofs-test/1");
}

TEST_F(HttpTest, APostCarriesItsBodyAndType) {
  server_.add(answer_with(200));
  HttpRequest request;
  request.method = "POST";
  request.url = server_.url("/sync");
  request.body = "QUERY=SELECT";
  request.content_type = "application/x-www-form-urlencoded";
  ASSERT_TRUE(text(request));
  const auto seen = server_.requests().at(0);
  EXPECT_EQ(seen.method, "POST");
  EXPECT_EQ(seen.body, "QUERY=SELECT");
  EXPECT_EQ(seen.header("content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(seen.header("expect"), "");
}

TEST_F(HttpTest, AnEmptyPostAndADeleteAreSentAsSuch) {
  server_.otherwise(answer_with(200));
  HttpRequest request;
  request.url = server_.url("/job");
  request.method = "POST";
  ASSERT_TRUE(text(request));
  request.method = "DELETE";
  ASSERT_TRUE(text(request));
  EXPECT_EQ(server_.requests().at(0).method, "POST");
  EXPECT_EQ(server_.requests().at(0).header("content-length"), "0");
  EXPECT_EQ(server_.requests().at(1).method, "DELETE");
}

TEST_F(HttpTest, AHeadRequestHasNoBodyToWaitFor) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "1000"}})));
  HttpRequest request;
  request.method = "HEAD";
  request.url = server_.url();
  auto answer = text(request);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.header("content-length"), "1000");
}

TEST_F(HttpTest, RequestsInARowShareOneConnection) {
  server_.otherwise(answer_with(200, "x"));
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(get(server_.url()));
  EXPECT_EQ(server_.connections(), 1);
}

TEST_F(HttpTest, AStatusOf400AndAboveIsAnAnswerWithItsBody) {
  server_.add(answer_with(400, "Incorrect ADQL"));
  auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 400);
  EXPECT_EQ(answer->body, "Incorrect ADQL");
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpTest, AnAnswerLongerThanAllowedIsEfbig) {
  server_.add(answer_with(200, std::string(kMost + 1, 'x')));
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EFBIG);
}

class HttpRetryTest : public HttpTest {
 protected:
  void expect_tried_again(std::initializer_list<int> statuses) {
    for (const int status : statuses) server_.add(answer_with(status, "busy"));
    server_.add(answer_with(200, "at last"));
    auto answer = get(server_.url());
    ASSERT_TRUE(answer) << answer.error().what();
    EXPECT_EQ(answer->body, "at last");
    EXPECT_EQ(server_.requests().size(), statuses.size() + 1);
  }
};

TEST_F(HttpRetryTest, ServerTroubleIsTriedAgainUntilItAnswers) { expect_tried_again({429, 503}); }

TEST_F(HttpRetryTest, GatewayTroubleIsTriedAgainToo) { expect_tried_again({502, 504}); }

TEST_F(HttpRetryTest, ARequestThatCameTooLateOrTooEarlyIsTriedAgain) { expect_tried_again({408, 425}); }

TEST_F(HttpTest, RequestsAndBytesAreCountedForTheirProgram) {
  settings_.traffic = std::make_shared<Traffic>();
  server_.add(answer_with(200, "0123456789"));
  server_.add(answer_with(404, "none"));
  Cause cause{77, 1000, Operation::kRead};
  cause.name = {'c', 'p'};
  Lane::Turn turn(stop_.get_token(), cause);
  HttpRequest request;
  request.url = server_.url();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(client().text(request, kMost, turn));
  const auto programs = settings_.traffic->programs(std::nullopt, 10);
  ASSERT_EQ(programs.size(), 1U);
  EXPECT_EQ(programs[0].name, "cp");
  EXPECT_EQ(programs[0].requests, 2U);
  EXPECT_EQ(programs[0].bytes, 14U);
  EXPECT_TRUE(settings_.traffic->retries().empty());
}

TEST_F(HttpTest, RetriesAreCountedByTheirReason) {
  settings_.traffic = std::make_shared<Traffic>();
  server_.add(Answer().close());
  server_.add(answer_with(503, "busy"));
  server_.add(answer_with(200, "at last"));
  ASSERT_TRUE(get(server_.url()));
  EXPECT_EQ(settings_.traffic->retries(),
            (std::map<std::string, std::uint64_t>{{"HTTP 503", 1}, {"the connection failed", 1}}));
}

TEST_F(HttpTest, AfterTheLastAttemptTheServersOwnWordsAreTheAnswer) {
  server_.otherwise(answer_with(503, "come back tomorrow"));
  auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 503);
  EXPECT_EQ(answer->body, "come back tomorrow");
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(HttpTest, TheSinkReceivesOneAnswerOnly) {
  server_.add(answer_with(503, "busy"));
  server_.add(answer_with(200, "at last"));
  CountingSink sink;
  HttpRequest request;
  request.url = server_.url();
  ASSERT_TRUE(client().send(request, sink, turn_));
  EXPECT_EQ(sink.heads, 1);
  EXPECT_EQ(sink.status, 200);
  EXPECT_EQ(sink.bytes, 7U);
}

TEST_F(HttpTest, AnInternalErrorIsNotTriedAgain) {
  server_.otherwise(answer_with(500, "bug"));
  ASSERT_TRUE(get(server_.url()));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpTest, RetryAfterIsHonouredUpToTheLongestWait) {
  settings_.limits.retry_most = 30ms;
  settings_.limits.retry_wait = 0ms;
  server_.add(answer_with(503, "", {{"Retry-After", "3600"}}));
  server_.add(answer_with(200));
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(get(server_.url()));
  EXPECT_GE(std::chrono::steady_clock::now() - start, 30ms);
}

TEST_F(HttpTest, AWaitForTheNextAttemptEndsWithTheStopRequest) {
  settings_.limits.retry_most = 1h;
  server_.add(answer_with(503, "", {{"Retry-After", "3600"}}));
  auto answer = std::async(std::launch::async, [this] { return get(server_.url()); });
  ASSERT_TRUE(server_.wait_for_requests(1));
  stop_.request_stop();
  ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(answer.get().error().code(), EINTR);
}

TEST_F(HttpTest, AConnectionDroppedBeforeTheStatusIsTriedAgain) {
  server_.add(Answer().close());
  server_.add(Answer().send("HTTP/1.1 200 OK\r\nContent-").close());
  server_.add(answer_with(200, "third time lucky"));
  auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "third time lucky");
}

TEST_F(HttpTest, BytesBeyondTheLastAnswerAreNotTheNextAnswer) {
  server_.add(answer_with(200, "one"));
  server_.add(Answer().send("bytes beyond the length that was announced"));
  server_.add(answer_with(200, "two"));
  ASSERT_TRUE(get(server_.url()));
  auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "two");
  const auto requests = server_.requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[1].connection, 0);
  EXPECT_EQ(requests[2].connection, 1);
}

TEST_F(HttpTest, AServerThatNeverSpeaksHttpFailsAfterAllAttempts) {
  server_.otherwise(Answer().send("220 ready\r\n").close());
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EIO);
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(HttpTest, AServerThatAlwaysDropsIsUnreachable) {
  server_.refuse(1000);
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EHOSTUNREACH);
  EXPECT_EQ(server_.connections(), 3);
}

TEST_F(HttpTest, ADeadIdleConnectionIsReplacedWithoutCountingAsAnAttempt) {
  settings_.limits.attempts = 1;
  server_.add(answer_with(200, "one"));
  server_.add(Answer().close());  // the idle connection turns out to be dead once the request is on it
  server_.add(answer_with(200, "two"));
  ASSERT_TRUE(get(server_.url()));
  auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "two");
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(HttpTest, ADeadIdleConnectionIsReplacedForAPostAndForAReset) {
  settings_.limits.attempts = 1;
  server_.add(answer_with(200, "one"));
  server_.add(Answer().reset());
  server_.add(answer_with(200, "two"));
  ASSERT_TRUE(get(server_.url()));
  HttpRequest request;
  request.method = "POST";
  request.body = "PHASE=RUN";
  request.url = server_.url();
  auto answer = text(request);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "two");
  EXPECT_EQ(server_.requests().at(2).body, "PHASE=RUN");
}

TEST_F(HttpTest, ARequestThatMayHaveArrivedIsNotRepeated) {
  server_.otherwise(Answer().close());
  server_.add(answer_with(200, "one"));
  ASSERT_TRUE(get(server_.url()));
  HttpRequest request;
  request.method = "POST";
  request.body = "QUERY=x";
  request.may_repeat = false;
  request.url = server_.url("/async");
  EXPECT_EQ(text(request).error().code(), EHOSTUNREACH);
  EXPECT_EQ(server_.requests().size(), 2U);
  EXPECT_EQ(server_.connections(), 2);  // not on the idle one, where curl would repeat it by itself
}

TEST_F(HttpTest, ARequestThatTheServerDidNotTakeIsRepeated) {
  HttpRequest request;
  request.method = "POST";
  request.body = "QUERY=x";
  request.may_repeat = false;
  request.url = server_.url("/async");
  for (const int status : {429, 503}) {
    server_.add(answer_with(status));
    server_.add(answer_with(200, "made"));
    auto answer = text(request);
    ASSERT_TRUE(answer) << answer.error().what();
    EXPECT_EQ(answer->body, "made");
  }
  for (const int status : {502, 504}) {  // a front end may have passed it on
    server_.add(answer_with(status));
    auto answer = text(request);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->head.status, status);
  }
  EXPECT_EQ(server_.requests().size(), 6U);
}

TEST_F(HttpTest, ADeadIdleConnectionIsReplacedForAHead) {
  settings_.limits.attempts = 1;
  server_.add(answer_with(200, "one"));
  server_.add(Answer().close());
  server_.add(Answer().send(head_text(200, {{"Content-Length", "3"}})));
  ASSERT_TRUE(get(server_.url()));
  HttpRequest request;
  request.method = "HEAD";
  request.url = server_.url();
  auto answer = text(request);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.header("content-length"), "3");
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(HttpTest, AShortBodyIsAnErrorAndNotTriedAgain) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "10"}}) + "only").close());
  auto answer = get_once(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EIO);
  EXPECT_THAT(answer.error().what(), ::testing::HasSubstr("shorter than announced"));
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpTest, ALengthThatIsAnnouncedTwiceIsOne) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "4"}, {"Content-Length", "4"}}) + "body"));
  server_.add(Answer().send(head_text(200, {{"Content-Length", "4, 4"}}) + "body"));
  for (int i = 0; i < 2; ++i) {
    auto answer = get(server_.url());
    ASSERT_TRUE(answer) << answer.error().what();
    EXPECT_EQ(answer->head.header("content-length"), "4");
    EXPECT_EQ(answer->body, "body");
  }
}

TEST_F(HttpTest, AnAnswerOfTwoLengthsIsAnError) {
  server_.add(
      Answer().send(head_text(200, {{"Content-Length", "10"}, {"Content-Length", "4"}}) + "body").close());
  server_.add(
      Answer().send(head_text(200, {{"Content-Length", "4"}, {"Content-Length", "10"}}) + "body").close());
  server_.add(Answer().send(head_text(200, {{"Content-Length", "4, 10"}}) + "body").close());
  for (int i = 0; i < 3; ++i) {
    auto answer = get(server_.url());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), EIO);
    EXPECT_THAT(answer.error().what(), ::testing::HasSubstr("two lengths"));
  }
}

TEST_F(HttpTest, AChunkedBodyThatIsCutIsAnError) {
  server_.add(Answer().send(head_text(200, {{"Transfer-Encoding", "chunked"}}) + "3\r\nabc\r\n").close());
  auto answer = get_once(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EIO);
}

TEST_F(HttpTest, ABodyLostByAResetIsAnError) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "10"}}) + "only").reset());
  auto answer = get_once(server_.url());
  ASSERT_FALSE(answer);
  // A reset may overtake the head, and then the answer is one that never came.
  EXPECT_TRUE(answer.error().code() == EIO || server_.requests().size() > 1) << answer.error().what();
}

TEST_F(HttpTest, NobodyListeningIsUnreachable) {
  std::string nowhere;
  {
    const ScriptedServer gone;
    nowhere = gone.url();
  }
  auto answer = get(nowhere);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EHOSTUNREACH);
}

TEST_F(HttpTest, AHostWithoutAddressIsUnreachable) {
  auto answer = get("http://no-such-host.invalid/");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EHOSTUNREACH);
}

TEST_F(HttpTest, AServerThatDoesNotSpeakTlsIsUnreachable) {
  server_.greet(Answer().send("220 what?\r\n").close());
  std::string url = server_.url();
  auto answer = get(url.replace(0, 4, "https"));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EHOSTUNREACH) << answer.error().what();
}

TEST_F(HttpTest, OtherSchemesAreRefused) {
  for (const char* url : {"file:///etc/passwd", "ftp://127.0.0.1/x", "no url", ""}) {
    auto answer = get(url);
    ASSERT_FALSE(answer) << url;
    EXPECT_EQ(answer.error().code(), EIO) << url;
  }
}

TEST_F(HttpTest, OfflineSendsNothing) {
  settings_.offline = true;
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ENETUNREACH);
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(HttpTest, ATextThatIsPackedUnaskedIsUnpacked) {
  const auto packed = tests::gzipped("a job document");
  server_.add(answer_with(200, packed, {{"Content-Encoding", "gzip"}}));
  auto answer = get(server_.url("/"));
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "a job document");
  server_.add(answer_with(200, packed.substr(0, packed.size() - 5), {{"Content-Encoding", "x-gzip"}}));
  EXPECT_EQ(get(server_.url("/")).error().code(), EIO);
  server_.add(answer_with(200, packed));  // a file that is packed stays so
  EXPECT_EQ(get(server_.url("/"))->body, packed);
}

}  // namespace
}  // namespace esofs::client
