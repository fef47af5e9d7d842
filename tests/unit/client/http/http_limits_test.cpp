#include "client/http/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <future>
#include <string>
#include <thread>

#include "tests/unit/client/http/http_fixture.h"

namespace esofs::client {
namespace {

TEST_F(HttpTest, ASinkThatRefusesTheHeadEndsTheTransferAndTheConnection) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "100000000"}})).hold());
  CountingSink sink;
  sink.refuse_head = true;
  HttpRequest request;
  request.url = server_.url();
  auto head = client().send(request, sink, turn_);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ECANCELED);
  EXPECT_TRUE(server_.wait_for_departures(1));
  EXPECT_EQ(sink.bytes, 0U);
}

TEST_F(HttpTest, ASinkThatRefusesTheBodyEndsTheTransferWithItsError) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "100000000"}}) + "first").hold());
  CountingSink sink;
  sink.refuse_body = true;
  HttpRequest request;
  request.url = server_.url();
  auto head = client().send(request, sink, turn_);
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ENOSPC);
  EXPECT_TRUE(server_.wait_for_departures(1));
}

TEST_F(HttpTest, AStopRequestEndsASilentRequest) {
  server_.add(Answer().hold());
  auto answer = std::async(std::launch::async, [this] { return get(server_.url()); });
  ASSERT_TRUE(server_.wait_for_holds(1));
  stop_.request_stop();
  ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(answer.get().error().code(), EINTR);
  EXPECT_TRUE(server_.wait_for_departures(1));
}

TEST_F(HttpTest, AStopRequestEndsAStalledBody) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "10"}}) + "half").hold());
  auto answer = std::async(std::launch::async, [this] { return get(server_.url()); });
  ASSERT_TRUE(server_.wait_for_holds(1));
  stop_.request_stop();
  ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(answer.get().error().code(), EINTR);
}

TEST_F(HttpTest, AStopRequestEndsASilentHandshake) {
  server_.greet(Answer().hold());
  auto answer = std::async(std::launch::async, [this] { return get("https" + server_.url().substr(4)); });
  ASSERT_TRUE(server_.wait_for_holds(1));
  stop_.request_stop();
  ASSERT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(answer.get().error().code(), EINTR);
}

TEST_F(HttpTest, ASilentHandshakeTimesOutAfterAllAttempts) {
  settings_.limits.connect = 20ms;
  settings_.limits.attempts = 2;
  server_.greet(Answer().hold());
  auto answer = get("https" + server_.url().substr(4));
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ETIMEDOUT);
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(HttpTest, AfterAStopRequestNothingIsSent) {
  stop_.request_stop();
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EINTR);
  EXPECT_EQ(server_.connections(), 0);
}

TEST_F(HttpTest, AServerThatDoesNotAnswerTimesOutAfterAllAttempts) {
  settings_.limits.first_byte = 20ms;
  server_.otherwise(Answer().hold());
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ETIMEDOUT);
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(HttpTest, AHeadThatNeverEndsTimesOut) {
  settings_.limits.first_byte = 50ms;
  settings_.limits.attempts = 1;
  server_.add(Answer().send("HTTP/1.1 200 OK\r\n").drip("X-More: of it\r\n"));
  server_.add(Answer().drip("HTTP/1.1 102 Processing\r\n\r\n"));
  for (int i = 0; i < 2; ++i) {
    auto answer = get(server_.url());
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code(), ETIMEDOUT) << answer.error().what();
  }
}

TEST_F(HttpTest, APostThatIsNotAnsweredIsNotRepeated) {
  settings_.limits.first_byte = 20ms;
  server_.otherwise(Answer().hold());
  HttpRequest request;
  request.method = "POST";
  request.url = server_.url();
  auto answer = text(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ETIMEDOUT);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpTest, AStalledBodyTimesOut) {
  settings_.limits.stall = 20ms;
  server_.add(Answer().send(head_text(200, {{"Content-Length", "10"}}) + "half").hold());
  auto answer = get_once(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ETIMEDOUT);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpTest, AServerThatAJobGivesUpIsAskedAgain) {
  server_.add(Answer().hold());
  server_.add(answer_with(200, "whole"));
  bool given_up = false;
  turn_.watch([&given_up](std::chrono::milliseconds) { return !std::exchange(given_up, true); });
  const auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "whole");
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(HttpTest, ABodyThatAJobGivesUpHasStalled) {
  server_.add(Answer().send(head_text(200, {{"Content-Length", "10"}}) + "half").hold());
  turn_.watch([](std::chrono::milliseconds silence) { return silence > 20ms; });
  const auto answer = get_once(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ETIMEDOUT);
}

TEST_F(HttpTest, TheTotalLimitCoversAllAttemptsAndWaits) {
  settings_.limits.total = 50ms;
  settings_.limits.retry_most = 1h;
  server_.add(answer_with(503, "", {{"Retry-After", "3600"}}));
  server_.otherwise(Answer().hold());
  auto waiting = get(server_.url());
  ASSERT_FALSE(waiting);
  EXPECT_EQ(waiting.error().code(), ETIMEDOUT);
  auto silent = get(server_.url());
  ASSERT_FALSE(silent);
  EXPECT_EQ(silent.error().code(), ETIMEDOUT);
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(HttpTest, ARequestMayBringItsOwnLimits) {
  server_.otherwise(Answer().hold());
  HttpRequest request;
  request.url = server_.url();
  request.limits = settings_.limits;
  request.limits->attempts = 1;
  request.limits->first_byte = 20ms;
  auto answer = text(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), ETIMEDOUT);
  EXPECT_EQ(server_.requests().size(), 1U);
}

TEST_F(HttpTest, AJobThatWaitsForASilentServerGivesItsTurnAway) {
  server_.at("/silent", Answer().hold());
  server_.at("/quick", answer_with(200, "quick"));
  std::promise<int> silent;
  std::promise<int> quick;
  auto silent_done = silent.get_future();
  auto quick_done = quick.get_future();
  const auto job = [this](const std::string& target, std::promise<int>& done) {
    return [this, target, &done](Lane::Turn& turn) {
      HttpRequest request;
      request.url = server_.url(target);
      auto answer = client().text(request, kMost, turn);
      done.set_value(answer ? answer->head.status : answer.error().code());
    };
  };
  client();  // made before there are threads
  {
    Lane lane("one", 1);
    lane.submit(job("/silent", silent));
    ASSERT_TRUE(server_.wait_for_holds(1));
    lane.submit(job("/quick", quick));
    ASSERT_EQ(quick_done.wait_for(kPatience), std::future_status::ready);
    EXPECT_EQ(quick_done.get(), 200);
    EXPECT_EQ(silent_done.wait_for(0s), std::future_status::timeout);
  }
  EXPECT_EQ(silent_done.get(), EINTR);
}

TEST_F(HttpTest, AJobWhoseServerSpeaksAgainTakesItsTurnBack) {
  server_.add(Answer().hold().send(head_text(200, {{"Content-Length", "1"}}) + "x"));
  client();
  Lane lane("one", 1);
  class Looking : public CountingSink {
   public:
    explicit Looking(const Lane& where) : lane(where) {}
    Result<void> body(std::span<const std::byte> /*piece*/) override {
      waiting = lane.load().waiting;
      return {};
    }
    const Lane& lane;
    int waiting = -1;
  };
  std::promise<int> seen;
  auto seen_by_body = seen.get_future();
  lane.submit([&](Lane::Turn& turn) {
    Looking sink(lane);
    HttpRequest request;
    request.url = server_.url();
    (void)client().send(request, sink, turn);
    seen.set_value(sink.waiting);
  });
  std::promise<void> ran;
  lane.submit([&](Lane::Turn&) { ran.set_value(); });  // runs once the first job is waiting
  ASSERT_EQ(ran.get_future().wait_for(kPatience), std::future_status::ready);
  server_.release();
  ASSERT_EQ(seen_by_body.wait_for(kPatience), std::future_status::ready);
  EXPECT_EQ(seen_by_body.get(), 0);
}

TEST_F(HttpTest, ManyThreadsMayUseOneClient) {
  server_.otherwise(answer_with(200, std::string(100'000, 'x')));
  client();
  std::vector<std::future<std::size_t>> sizes;
  for (int i = 0; i < 8; ++i) {
    sizes.push_back(std::async(std::launch::async, [this] {
      std::size_t bytes = 0;
      for (int n = 0; n < 10; ++n) {
        Lane::Turn turn(stop_.get_token());
        HttpRequest request;
        request.url = server_.url();
        auto answer = client().text(request, kMost, turn);
        if (answer) bytes += answer->body.size();
      }
      return bytes;
    }));
  }
  for (auto& size : sizes) EXPECT_EQ(size.get(), 1'000'000U);
}

// --- connections that were cut without a word ---

TEST_F(HttpTest, AConnectionThatWasCutIsLeftForANewOne) {
  settings_.limits.unacknowledged = 200ms;
  settings_.limits.total = kPatience;  // the limit of the first byte is beyond it
  server_.add(Answer().deafen().send(head_text(200, {{"Content-Length", "3"}}) + "one"));
  server_.add(answer_with(200, "two"));
  ASSERT_TRUE(get(server_.url()));
  const auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "two");
  EXPECT_EQ(server_.connections(), 2);
}

TEST_F(HttpTest, ASlowServerThatAcknowledgesIsWaitedFor) {
  settings_.limits.unacknowledged = 300ms;  // longer than Linux delays an acknowledgement
  server_.add(answer_with(200, "one"));
  server_.add(Answer().hold().send(head_text(200, {{"Content-Length", "3"}}) + "two"));
  ASSERT_TRUE(get(server_.url()));
  Turn turn(stop_.get_token(), [this](int change) {
    if (change <= 0) return;
    std::this_thread::sleep_for(2 *
                                settings_.limits.unacknowledged);  // then the client looks at the connection
    server_.release();
  });
  HttpRequest request;
  request.url = server_.url();
  const auto answer = client().text(request, kMost, turn);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "two");
  EXPECT_EQ(server_.requests().size(), 2U);
}

// --- answers that break off ---

const std::string kHalf = head_text(200, {{"Content-Length", "10"}}) + "half";

TEST_F(HttpTest, ATextThatBreaksOffIsAskedForAgain) {
  server_.add(Answer().send(kHalf).close());
  server_.add(Answer().send(kHalf).reset());
  server_.add(answer_with(200, "whole"));
  const auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "whole");
}

TEST_F(HttpTest, ATextThatStallsIsAskedForAgain) {
  settings_.limits.stall = 50ms;
  server_.add(Answer().send(kHalf).hold());
  server_.add(answer_with(200, "whole"));
  const auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "whole");
}

TEST_F(HttpTest, AnswersThatBreakOffAreAskedForSoManyTimes) {
  server_.otherwise(Answer().send(kHalf).close());
  const auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EIO);
  EXPECT_EQ(server_.requests().size(), 3U);
}

TEST_F(HttpTest, AnAnswerToAPostThatBreaksOffIsNotAskedForAgain) {
  server_.otherwise(Answer().send(kHalf).close());
  HttpRequest request;
  request.url = server_.url();
  request.method = "POST";
  EXPECT_FALSE(text(request));
  EXPECT_EQ(server_.requests().size(), 1U);
}

// --- hosts that take only so many requests at once ---

// Says when an answer comes.
class TellingSink : public HttpSink {
 public:
  Result<void> head(const HttpHead& /*head*/) override {
    comes.set_value();
    return {};
  }
  Result<void> body(std::span<const std::byte> /*piece*/) override { return {}; }
  std::promise<void> comes;
};

TEST_F(HttpTest, ARefusalWhileOthersRunIsNoFailure) {
  const std::string half = head_text(200, {{"Content-Length", "8"}}) + "half";
  server_.at("/long", Answer().send(half).hold().send("half"));
  for (int i = 0; i < 10; ++i) server_.add(answer_with(i % 2 == 0 ? 429 : 503));
  server_.otherwise(answer_with(200, "taken"));
  TellingSink sink;
  HttpRequest request;
  request.url = server_.url("/long");
  auto goes_on = std::async(std::launch::async, [&] { return client().send(request, sink, turn_); });
  ASSERT_EQ(sink.comes.get_future().wait_for(kPatience), std::future_status::ready);
  const auto answer = get(server_.url("/refused"));
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 200);
  EXPECT_EQ(answer->body, "taken");
  server_.release();
  EXPECT_TRUE(goes_on.get());
}

TEST_F(HttpTest, A403OfWhatIsBeingReadIsNoAnswer) {
  const std::string half = head_text(200, {{"Content-Length", "8"}}) + "half";
  server_.add(Answer().send(half).hold().send("half"));
  for (int i = 0; i < 5; ++i) server_.add(answer_with(403));
  server_.otherwise(answer_with(200, "taken"));
  TellingSink sink;
  HttpRequest request;
  request.url = server_.url("/file");
  auto goes_on = std::async(std::launch::async, [&] { return client().send(request, sink, turn_); });
  ASSERT_EQ(sink.comes.get_future().wait_for(kPatience), std::future_status::ready);
  const auto answer = get(server_.url("/file"));
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "taken");
  server_.release();
  EXPECT_TRUE(goes_on.get());
}

TEST_F(HttpTest, A403OfAnotherFileIsItsAnswerAtOnce) {
  const std::string half = head_text(200, {{"Content-Length", "8"}}) + "half";
  server_.at("/file", Answer().send(half).hold().send("half"));
  server_.otherwise(answer_with(403, "not yours"));
  TellingSink sink;
  HttpRequest request;
  request.url = server_.url("/file");
  auto goes_on = std::async(std::launch::async, [&] { return client().send(request, sink, turn_); });
  ASSERT_EQ(sink.comes.get_future().wait_for(kPatience), std::future_status::ready);
  const auto answer = get(server_.url("/another"));
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 403);
  EXPECT_EQ(server_.requests().size(), 2U);
  server_.release();
  EXPECT_TRUE(goes_on.get());
}

TEST_F(HttpTest, ARefusalWithoutOthersIsAnAnswerAtLast) {
  server_.otherwise(answer_with(429, "too many"));
  const auto answer = get(server_.url());
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 429);
  EXPECT_EQ(server_.requests().size(), 3U);
}

}  // namespace
}  // namespace esofs::client
