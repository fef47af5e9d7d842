#include "client/http/retry.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "client/http/http_error.h"

namespace esofs::client {
namespace {

using namespace std::chrono_literals;

// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 section 5.6.7.
constexpr std::chrono::system_clock::time_point kThen{784111777s};

TEST(RetryTest, RetryAfterMayBeSeconds) {
  EXPECT_EQ(retry_after("0", kThen), 0s);
  EXPECT_EQ(retry_after("120", kThen), 120s);
  EXPECT_GT(retry_after("99999999999999999999", kThen), 24h);
}

TEST(RetryTest, RetryAfterMayBeADateInEachOfItsForms) {
  for (const std::string date :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(retry_after(date, kThen - 90s), 90s) << date;
    EXPECT_EQ(retry_after(date, kThen + 90s), 0s) << date;
  }
}

TEST(RetryTest, RetryAfterOfNoSenseAsksForNothing) {
  for (const std::string text : {"", "soon", "-5", "12 parsecs"})
    EXPECT_FALSE(retry_after(text, kThen)) << text;
}

TEST(RetryTest, RetryAfterGoesByTheServersClock) {
  HttpHead head;
  head.headers = {{"retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"},
                  {"date", "Sun, 06 Nov 1994 08:49:30 GMT"}};
  EXPECT_EQ(retry_after(head), 7s);
}

TEST(RetryTest, TheCeilingOfThePauseDoublesUpToTheMost) {
  HttpLimits limits;
  limits.retry_wait = 100ms;
  limits.retry_most = 1000ms;
  EXPECT_EQ(retry_pause(limits, 1, 0.5, {}), 50ms);
  EXPECT_EQ(retry_pause(limits, 2, 0.5, {}), 100ms);
  EXPECT_EQ(retry_pause(limits, 3, 0.5, {}), 200ms);
  EXPECT_EQ(retry_pause(limits, 60, 0.5, {}), 500ms);
  EXPECT_EQ(retry_pause(limits, 1, 0.0, {}), 0ms);
}

TEST(RetryTest, ThePauseIsWhatTheServerAsksForButNeverLongerThanTheMost) {
  HttpLimits limits;
  limits.retry_wait = 4000ms;
  limits.retry_most = 10s;
  EXPECT_EQ(retry_pause(limits, 1, 0.5, 5s), 5s);
  EXPECT_EQ(retry_pause(limits, 1, 0.5, 1s), 2s);
  EXPECT_EQ(retry_pause(limits, 1, 0.5, 3600s), 10s);
}

TEST(HttpErrorTest, StatusesBecomeErrnos) {
  EXPECT_EQ(status_errno(401), EACCES);
  EXPECT_EQ(status_errno(403), EACCES);
  EXPECT_EQ(status_errno(404), ENOENT);
  EXPECT_EQ(status_errno(410), ENOENT);
  for (const int status : {400, 405, 409, 416, 429, 500, 503, 599})
    EXPECT_EQ(status_errno(status), EIO) << status;
}

TEST(HttpErrorTest, ServerTroubleIsWorthAnotherTry) {
  for (const int status : {408, 425, 429, 502, 503, 504}) EXPECT_TRUE(status_retried(status)) << status;
  for (const int status : {200, 400, 401, 404, 500, 501, 505}) EXPECT_FALSE(status_retried(status)) << status;
}

TEST(HttpErrorTest, AnErrorOfAStatusNamesTheUrlWithoutItsSecrets) {
  HttpHead head;
  head.status = 404;
  head.url = "https://me:secret@host/file?token=abc";
  EXPECT_EQ(status_error(head).code(), ENOENT);
  EXPECT_EQ(status_error(head).what(), "HTTP 404 from https://***@host/file?token=***");
}

TEST(HttpErrorTest, TransportFailuresBecomeErrnos) {
  const auto failed = [](CURLcode code, int os_errno = 0, HttpPhase phase = HttpPhase::kConnect) {
    return transport_failure(code, os_errno, phase, "").error.code();
  };
  EXPECT_EQ(failed(CURLE_COULDNT_RESOLVE_HOST), EHOSTUNREACH);
  EXPECT_EQ(failed(CURLE_COULDNT_CONNECT, ECONNREFUSED), EHOSTUNREACH);
  EXPECT_EQ(failed(CURLE_COULDNT_CONNECT, ENETUNREACH), ENETUNREACH);
  EXPECT_EQ(failed(CURLE_SSL_CONNECT_ERROR), EHOSTUNREACH);
  EXPECT_EQ(failed(CURLE_PEER_FAILED_VERIFICATION), EIO);
  EXPECT_EQ(failed(CURLE_OPERATION_TIMEDOUT), ETIMEDOUT);
  EXPECT_EQ(failed(CURLE_RECV_ERROR, ECONNRESET, HttpPhase::kAnswer), EHOSTUNREACH);
  EXPECT_EQ(failed(CURLE_RECV_ERROR, ECONNRESET, HttpPhase::kBody), EIO);
  EXPECT_EQ(failed(CURLE_PARTIAL_FILE, 0, HttpPhase::kBody), EIO);
}

TEST(HttpErrorTest, AnAnswerThatIsNoHttpIsTriedAgainAndAUrlOfAnotherSchemeIsNot) {
  EXPECT_TRUE(transport_failure(CURLE_UNSUPPORTED_PROTOCOL, 0, HttpPhase::kAnswer, "").retry);
  EXPECT_FALSE(transport_failure(CURLE_UNSUPPORTED_PROTOCOL, 0, HttpPhase::kConnect, "").retry);
}

TEST(HttpErrorTest, ACertificateThatIsRefusedIsNotTriedAgain) {
  EXPECT_FALSE(transport_failure(CURLE_PEER_FAILED_VERIFICATION, 0, HttpPhase::kConnect, "").retry);
  EXPECT_TRUE(transport_failure(CURLE_COULDNT_CONNECT, ECONNREFUSED, HttpPhase::kConnect, "").retry);
}

}  // namespace
}  // namespace esofs::client
