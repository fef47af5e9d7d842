#include <gtest/gtest.h>

#include <cerrno>
#include <future>
#include <string>

#include "client/http/http.h"
#include "tests/unit/client/http/http_fixture.h"

namespace esofs::client {
namespace {

class HttpRedirectTest : public HttpTest {
 protected:
  // The other host: another port is another origin.
  ScriptedServer other_;

  static Answer redirect(int status, const std::string& to) {
    return answer_with(status, "moved", {{"Location", to}});
  }
  HttpRequest request_with_credentials(const std::string& target) {
    HttpRequest request;
    request.url = server_.url(target);
    request.headers = {"Authorization: Bearer secret", "cookie: session=1", "X-Other: kept"};
    return request;
  }
};

TEST_F(HttpRedirectTest, ARedirectIsFollowedAndItsTargetIsNamed) {
  server_.at("/a", redirect(302, "/b/c"));
  server_.at("/b/c", redirect(301, "d?x=1"));
  server_.at("/b/d?x=1", answer_with(200, "here"));
  auto answer = get(server_.url("/a"));
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "here");
  EXPECT_EQ(answer->head.url, server_.url("/b/d?x=1"));
  EXPECT_EQ(server_.connections(), 1) << "a redirect's short body does not cost the connection";
}

TEST_F(HttpRedirectTest, ARedirectIsTheAnswerWhereItIsNotToBeFollowed) {
  server_.add(redirect(303, "/job/1"));
  HttpRequest request;
  request.method = "POST";
  request.url = server_.url("/async");
  request.follow_redirects = false;
  auto answer = text(request);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 303);
  EXPECT_EQ(answer->head.header("location"), "/job/1");
}

TEST_F(HttpRedirectTest, APostBecomesAGetAfter303And302ButNotAfter307) {
  HttpRequest post;
  post.method = "POST";
  post.body = "QUERY=x";
  post.content_type = "application/x-www-form-urlencoded";
  server_.at("/target", answer_with(200));
  for (const int status : {302, 303, 307}) {
    const std::string from = "/" + std::to_string(status);
    server_.at(from, redirect(status, "/target"));
    post.url = server_.url(from);
    ASSERT_TRUE(text(post));
  }
  const auto seen = server_.requests();
  EXPECT_EQ(seen.at(1).method, "GET");
  EXPECT_EQ(seen.at(1).body, "");
  EXPECT_EQ(seen.at(1).header("content-type"), "");
  EXPECT_EQ(seen.at(3).method, "GET");
  EXPECT_EQ(seen.at(5).method, "POST");
  EXPECT_EQ(seen.at(5).body, "QUERY=x");
}

TEST_F(HttpRedirectTest, CredentialsStayWithTheirHost) {
  server_.at("/a", redirect(302, "/b"));
  server_.at("/b", redirect(302, other_.url("/c")));
  other_.at("/c", redirect(302, server_.url("/d")));
  server_.at("/d", answer_with(200, "home again"));
  ASSERT_TRUE(text(request_with_credentials("/a")));
  const auto seen = server_.requests();
  EXPECT_EQ(seen.at(1).header("authorization"), "Bearer secret");
  EXPECT_EQ(seen.at(1).header("cookie"), "session=1");
  const auto elsewhere = other_.requests().at(0);
  EXPECT_EQ(elsewhere.header("authorization"), "");
  EXPECT_EQ(elsewhere.header("cookie"), "");
  EXPECT_EQ(elsewhere.header("x-other"), "kept");
  EXPECT_EQ(seen.at(2).header("authorization"), "") << "another host must not choose where credentials go";
}

TEST_F(HttpRedirectTest, UserInfoOfTheUrlStaysWithItsHost) {
  server_.add(redirect(302, other_.url("/c")));
  other_.add(answer_with(200));
  std::string url = server_.url("/a");
  url.insert(url.find("://") + 3, "me:secret@");
  ASSERT_TRUE(get(url));
  EXPECT_NE(server_.requests().at(0).header("authorization"), "");
  EXPECT_EQ(other_.requests().at(0).header("authorization"), "");
}

TEST_F(HttpRedirectTest, OtherSchemesAreNotFollowed) {
  server_.add(redirect(302, "file:///etc/passwd"));
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EIO);
}

TEST_F(HttpRedirectTest, ALoopEndsAfterTenRedirects) {
  server_.otherwise(redirect(302, "/again"));
  auto answer = get(server_.url());
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EIO);
  EXPECT_EQ(server_.requests().size(), 11U);
}

TEST_F(HttpRedirectTest, AFailureBehindARedirectIsTriedAgainFromTheStart) {
  server_.at("/a", redirect(302, other_.url("/b")));
  other_.add(answer_with(503));
  other_.add(answer_with(200, "now"));
  auto answer = get(server_.url("/a"));
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "now");
  EXPECT_EQ(server_.requests().size(), 2U);
}

TEST_F(HttpRedirectTest, ALongBodyOfARedirectIsNotWaitedFor) {
  settings_.limits.stall = 1h;
  server_.add(Answer()
                  .send(head_text(302, {{"Location", "/b"}, {"Content-Length", "10000000000"}}))
                  .send(std::string(1U << 20U, 'x'))
                  .hold());
  server_.add(answer_with(200, "here"));
  auto answer = std::async(std::launch::async, [this] { return get(server_.url("/a")); });
  EXPECT_EQ(answer.wait_for(kPatience), std::future_status::ready);
  stop_.request_stop();
  auto text = answer.get();
  ASSERT_TRUE(text) << text.error().what();
  EXPECT_EQ(text->body, "here");
}

TEST_F(HttpRedirectTest, AProxyIsUsed) {
  settings_.proxy = server_.url("");
  server_.add(answer_with(200, "by proxy"));
  auto answer = get("http://archive.invalid/file");
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "by proxy");
  EXPECT_EQ(server_.requests().at(0).target, "http://archive.invalid/file");
}

TEST_F(HttpRedirectTest, PlainCredentialsForThisMachineUseNoProxy) {
  settings_.proxy = other_.url("");
  server_.add(answer_with(200, "here"));
  other_.otherwise(answer_with(200, "elsewhere"));
  HttpRequest request;
  request.url = server_.url("/file");
  request.direct = true;
  auto answer = text(request);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "here");
  EXPECT_TRUE(other_.requests().empty());
}

TEST_F(HttpRedirectTest, ThePasswordOfAProxyIsInNoError) {
  settings_.limits.attempts = 1;
  for (const std::string proxy :
       {"ftp://me:sesame@localhost:1", "http://me:sesame x@localhost:1", "http://me:x@sesame@localhost:1",
        "http://me:sesame/x@localhost:1", "http://me:sesame@localhost:99999", "me:sesame x@localhost"}) {
    HttpSettings settings = settings_;
    settings.proxy = proxy;
    HttpClient client(settings);
    HttpRequest request;
    request.url = "http://archive.invalid/file";
    const auto answer = client.text(request, kMost, turn_);
    ASSERT_FALSE(answer) << proxy;
    EXPECT_EQ(answer.error().what().find("sesame"), std::string::npos) << answer.error().what();
  }
}

TEST_F(HttpRedirectTest, AProxySeesNoCredentialsOfAnHttpsRequest) {
  settings_.proxy = server_.url("");
  settings_.limits.attempts = 1;
  server_.add(answer_with(403));
  HttpRequest request;
  request.url = "https://archive.invalid/file";
  request.headers = {"Authorization: Bearer secret"};
  auto answer = text(request);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), EHOSTUNREACH) << answer.error().what();
  const auto seen = server_.requests().at(0);
  EXPECT_EQ(seen.method, "CONNECT");
  EXPECT_EQ(seen.header("authorization"), "");
}

TEST_F(HttpRedirectTest, ARequestToAMovedServiceIsSentToItsNewPlace) {
  HttpRequest post;
  post.method = "POST";
  post.body = "QUERY=x";
  for (const int status : {301, 302, 307, 308}) {
    for (const bool follows : {true, false}) {
      server_.at("/tap/sync", redirect(status, other_.url("/tap/sync")));
      other_.at("/tap/sync", answer_with(200, "table"));
      post.url = server_.url("/tap/sync");
      post.follow_redirects = follows;
      auto answer = text(post);
      ASSERT_TRUE(answer) << answer.error().what();
      EXPECT_EQ(answer->body, "table") << status;
      EXPECT_EQ(other_.requests().back().method, "POST");
      EXPECT_EQ(other_.requests().back().body, "QUERY=x");
    }
  }
}

TEST_F(HttpRedirectTest, ACookieGoesAlongOneRequestAndNoFurther) {
  server_.at("/a", answer_with(302, "", {{"Location", "/b"}, {"Set-Cookie", "seen=1; Path=/"}}));
  server_.at("/b", answer_with(200, "here"));
  ASSERT_TRUE(get(server_.url("/a")));
  EXPECT_EQ(server_.requests().back().header("cookie"), "seen=1");
  ASSERT_TRUE(get(server_.url("/b")));
  EXPECT_EQ(server_.requests().back().header("cookie"), "");
}

TEST_F(HttpRedirectTest, ACookieDoesNotComeBackFromAnotherServer) {
  server_.at("/a", answer_with(302, "", {{"Location", other_.url("/b")}, {"Set-Cookie", "seen=1; Path=/"}}));
  other_.at("/b", redirect(302, server_.url("/c")));
  server_.at("/c", answer_with(200, "here"));
  ASSERT_TRUE(get(server_.url("/a")));
  EXPECT_EQ(other_.requests().back().header("cookie"), "");
  EXPECT_EQ(server_.requests().back().header("cookie"), "");
}

}  // namespace
}  // namespace esofs::client
