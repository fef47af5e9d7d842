#include "client/login/token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/client/login/credentials_fixture.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

using TokenRequest = CredentialsTest;

TEST(Token, AJwtTellsItsEndAndItsUser) {
  const auto token = parse_token(kJwt);
  ASSERT_TRUE(token);
  EXPECT_EQ(token->expires, kNow + 28800);
  EXPECT_EQ(token->user, "jdoe");
  EXPECT_EQ(parse_token("opaque")->expires, 0);
}

TEST(Token, ATextThatCouldBreakOutOfAHeaderIsNoToken) {
  EXPECT_FALSE(parse_token("a\r\nX-Evil: 1"));
  EXPECT_FALSE(parse_token(""));
  EXPECT_FALSE(parse_token_text("{\"access\": 1}"));
  EXPECT_EQ(parse_token_text(" abc\n")->value, "abc");
  EXPECT_EQ(parse_token_text(token_answer("abc"))->value, "abc");
}

TEST(Token, CredentialsTravelByTlsOrWithinThisMachine) {
  EXPECT_TRUE(may_travel("https://archive.eso.org/x", false));
  EXPECT_FALSE(may_travel("http://archive.eso.org/x", false));
  EXPECT_TRUE(may_travel("http://archive.eso.org/x", true));
  EXPECT_TRUE(may_travel("http://127.0.0.1:80/x", false));
  EXPECT_TRUE(may_travel("http://localhost:80/x", false));
  EXPECT_TRUE(may_travel("http://[::1]/x", false));
  EXPECT_FALSE(may_travel("http://127.0.0.1.evil.org/x", false));
  EXPECT_FALSE(may_travel("ftp://127.0.0.1/x", false));
}

TEST_F(TokenRequest, IsAsEsoWantsItAndAppearsInNoError) {
  server_.otherwise(answer_with(200, token_answer(kJwt)));
  auto& http = client();
  const auto token = request_token(http, profile_, {"j doe", kPassword}, kNow, turn_);
  ASSERT_TRUE(token) << token.error().what();
  EXPECT_EQ(token->value, kJwt);
  EXPECT_EQ(token->expires, kNow + 28800);
  EXPECT_EQ(server_.requests().front().target,
            "/token?response_type=id_token%20token&grant_type=password&client_id=clientid&username=j%20doe&"
            "password=open%2520%20sesame%26");
  for (const int status : {302, 401, 404, 500, 503}) {
    server_.otherwise(answer_with(status, "", {{"Location", server_.url("/elsewhere")}}));
    const auto failed = request_token(http, profile_, {"j doe", kPassword}, kNow, turn_);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), status == 401 ? EACCES : EIO);
    EXPECT_THAT(failed.error().what(), Not(HasSubstr("sesame")));
    EXPECT_THAT(failed.error().what(), Not(HasSubstr("username=")));
  }
  for (const auto& request : server_.requests())
    EXPECT_EQ(request.target.find("/elsewhere"), std::string::npos);
}

}  // namespace
}  // namespace esofs::client
