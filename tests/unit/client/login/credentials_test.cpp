#include "client/login/credentials.h"

#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

#include "client/http_archive.h"
#include "tests/unit/client/login/credentials_fixture.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// --- what each service receives ---

TEST_F(CredentialsTest, ServicesAreShownWhatTheyTakeAndOthersNothing) {
  log_in(kNow + 28800);
  EXPECT_EQ(granted(server_.url("/file/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(granted(server_.url("/old/x")), "");      // takes Basic only, and there is no password
  EXPECT_EQ(granted(server_.url("/preview/x")), "");  // not in the profile
  EXPECT_EQ(granted(server_.url("/tap/sync")), "");   // only with authorised_tap
  EXPECT_EQ(granted("http://localhost:" + std::to_string(server_.port()) + "/file/x"), "");
  EXPECT_EQ(granted("http://me@127.0.0.1:" + std::to_string(server_.port()) + "/file/x"), "");
  EXPECT_EQ(credentials().identity_for(server_.url("/file/x")), "jdoe");
  EXPECT_EQ(credentials().identity_for(server_.url("/preview/x")), "");
  EXPECT_EQ(credentials().user(), "jdoe");
}

TEST_F(CredentialsTest, AnHttpUrlOfAHostThatIsKnownByHttpsIsAskedByHttps) {
  profile_ = eso_profile();
  const std::string plain = "http://archive.eso.org/datalink/links?ID=ivo://eso.org/ID?ADP.1";
  EXPECT_EQ(credentials().secured(plain), plain);  // nobody is logged in: as it is
  const KeptSession session{
      {kJwt, "jdoe", kNow + 28800}, "eso", profile_.token_url, profile_.credential_hosts};
  ASSERT_TRUE(keep_session(session_file(config_.state_dir, profile_), session));
  EXPECT_EQ(credentials().secured(plain), "https" + plain.substr(4));
  EXPECT_EQ(granted(credentials().secured(plain)), std::string("Bearer ") + kJwt);
  EXPECT_EQ(granted(plain), "");
  for (const char* other :
       {"http://archive.eso.org:8080/x", "http://evil.org/datalink/x", "http://www.eso.org/x"})
    EXPECT_EQ(credentials().secured(other), other);
}

TEST_F(CredentialsTest, TapCarriesTheTokenIfTheOptionSaysSo) {
  config_.authorised_tap = true;
  log_in(kNow + 28800);
  EXPECT_EQ(granted(server_.url("/tap/sync")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(credentials().identity_for(server_.url("/tap")), "jdoe");
  EXPECT_EQ(granted(server_.url("/tapestry")), "");
}

TEST_F(CredentialsTest, APasswordIsSentAsBasicToServicesThatAcceptIt) {
  with_netrc();
  EXPECT_EQ(granted(server_.url("/old/x")), "Basic amRvZTpvcGVuJTIwIHNlc2FtZSY=");
  EXPECT_EQ(token_requests(), 0);
}

TEST_F(CredentialsTest, APasswordBecomesATokenForServicesThatAcceptIt) {
  with_netrc();
  server_.otherwise(answer_with(200, token_answer(kJwt)));
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(granted(server_.url("/file/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(token_requests(), 1);
}

TEST_F(CredentialsTest, WithoutATokenFilesFallBackToBasic) {
  with_netrc();
  server_.otherwise(answer_with(500));
  EXPECT_THAT(granted(server_.url("/file/x")), HasSubstr("Basic "));
  EXPECT_EQ(granted(server_.url("/links/x")), "");
}

TEST_F(CredentialsTest, AWrongPasswordIsNotTriedAgainAndAgain) {
  with_netrc();
  server_.otherwise(answer_with(401));
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(token_requests(), 1);
  EXPECT_EQ(credentials().user(), "");
  EXPECT_THAT(credentials().notice().value_or(""), HasSubstr("does not accept"));
  EXPECT_EQ(credentials().status().state, Credentials::State::kRefused);
}

TEST_F(CredentialsTest, ASessionMadeForOtherServersIsNotUsed) {
  log_in(kNow + 28800);
  profile_.credential_hosts = {"127.0.0.1", "evil.org"};
  profile_.authorised.push_back({"https://evil.org/file/", {"bearer"}});
  EXPECT_EQ(granted("https://evil.org/file/x"), "");
  EXPECT_EQ(credentials().user(), "");
  EXPECT_THAT(credentials().advice(server_.url("/file/x")), HasSubstr("other servers"));
}

TEST_F(CredentialsTest, AFileThatOthersCanReadIsReportedAndNotUsed) {
  with_netrc();
  ::chmod(config_.netrc.c_str(), 0604);
  EXPECT_EQ(granted(server_.url("/old/x")), "");
  EXPECT_THAT(credentials().notice().value_or(""), HasSubstr(config_.netrc + " holds secrets"));
  EXPECT_THAT(credentials().notice().value_or(""), HasSubstr("0604"));
  ::chmod(config_.netrc.c_str(), 0600);
  EXPECT_THAT(granted(server_.url("/old/x")), HasSubstr("Basic "));
}

TEST_F(CredentialsTest, ARunningProcessNoticesALoginAndALogout) {
  EXPECT_EQ(credentials().user(), "");
  EXPECT_THAT(credentials().advice(server_.url("/file/x")), HasSubstr("esofs login"));
  log_in(kNow + 28800);
  EXPECT_EQ(credentials().user(), "jdoe");
  std::filesystem::remove(session_file(config_.state_dir, profile_));
  EXPECT_EQ(credentials().user(), "");
}

TEST_F(CredentialsTest, AnEndedSessionIsNobodysAndSaysWhatToDo) {
  log_in(kNow + 100);
  EXPECT_EQ(credentials().user(), "jdoe");
  now_ = kNow + 100;
  EXPECT_EQ(credentials().user(), "");
  EXPECT_EQ(granted(server_.url("/file/x")), "");
  EXPECT_EQ(credentials().status().state, Credentials::State::kExpired);
  EXPECT_THAT(credentials().notice().value_or(""), HasSubstr("esofs login"));
  EXPECT_THAT(credentials().advice(server_.url("/file/x")), HasSubstr("ended at 2023-11-14T22:15:00Z"));
}

TEST_F(CredentialsTest, APasswordRenewsASessionTenMinutesBeforeItsEnd) {
  config_.home_netrc = (temp_.path() / "home").string();
  write(config_.home_netrc, "machine 127.0.0.1 login jdoe password x");
  log_in(kNow + 28800, "first");
  server_.otherwise(answer_with(200, token_answer("second")));
  now_ = kNow + 28800 - 601;
  EXPECT_EQ(granted(server_.url("/file/x")), "Bearer first");
  now_ = kNow + 28800 - 600;
  EXPECT_EQ(granted(server_.url("/file/x")), "Bearer second");
  EXPECT_EQ(granted(server_.url("/file/x")), "Bearer second");
  EXPECT_EQ(token_requests(), 1);
}

TEST_F(CredentialsTest, ThePasswordOfSomebodyElseRenewsNothing) {
  config_.home_netrc = (temp_.path() / "home").string();
  write(config_.home_netrc, "machine 127.0.0.1 login another password x");
  log_in(kNow + 100);
  now_ = kNow + 200;
  EXPECT_EQ(granted(server_.url("/file/x")), "");
  EXPECT_EQ(token_requests(), 0);
}

TEST_F(CredentialsTest, AnyNumberOfAskersCausesOneRenewal) {
  with_netrc();
  server_.otherwise(answer_with(200, token_answer(kJwt)));
  credentials();
  std::vector<std::jthread> askers;
  std::atomic<int> good{0};
  for (int i = 0; i < 16; ++i) {
    askers.emplace_back([&] {
      Lane::Turn turn{std::stop_token()};
      const auto grant = credentials_->grant(server_.url("/links/x"), turn);
      if (grant && *grant && (*grant)->value == std::string("Bearer ") + kJwt) ++good;
    });
  }
  askers.clear();
  EXPECT_EQ(good, 16);
  EXPECT_EQ(token_requests(), 1);
}

// --- requests ---

TEST_F(CredentialsTest, A401IsAnsweredByOneRenewalAndOneMoreTry) {
  with_netrc();
  server_.at(
      "/token?response_type=id_token%20token&grant_type=password&client_id=clientid&username=jdoe&"
      "password=open%2520%20sesame%26",
      answer_with(200, token_answer("second")));
  server_.otherwise(answer_with(200, "bytes"));
  server_.add(answer_with(401));
  HttpRequest request;
  request.url = server_.url("/file/x");
  const auto answer = authorised().text(request, kMost, turn_);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "bytes");
  EXPECT_EQ(answer->head.identity, "jdoe");
  EXPECT_EQ(token_requests(), 2);
}

TEST_F(CredentialsTest, ASecond401IsReturnedAfterOneRenewal) {
  with_netrc();
  server_.at(
      "/token?response_type=id_token%20token&grant_type=password&client_id=clientid&username=jdoe&"
      "password=open%2520%20sesame%26",
      answer_with(200, token_answer("second")));
  server_.otherwise(answer_with(401));
  HttpRequest request;
  request.url = server_.url("/file/x");
  const auto answer = authorised().text(request, kMost, turn_);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->head.status, 401);
  EXPECT_EQ(server_.requests().size(), 4U);  // token, file, token, file
}

TEST_F(CredentialsTest, ATokenRefusedWherePublicAccessWorksIsDropped) {
  log_in(kNow + 28800);
  HttpRequest request;
  request.url = server_.url("/links/x");
  request.rights = {Rights::Kind::kLoggedInFirst};
  server_.otherwise(answer_with(401));
  ASSERT_EQ(authorised().text(request, kMost, turn_)->head.status, 401);
  EXPECT_EQ(credentials().user(), "jdoe") << "nobody is refused too: it may be a matter of rights";
  server_.add(answer_with(401));
  server_.otherwise(answer_with(200, "public"));
  const auto answer = authorised().text(request, kMost, turn_);
  ASSERT_TRUE(answer) << answer.error().what();
  EXPECT_EQ(answer->body, "public");
  EXPECT_EQ(answer->head.identity, "");
  EXPECT_EQ(credentials().user(), "");
  EXPECT_EQ(credentials().status().state, Credentials::State::kExpired);
  EXPECT_THAT(credentials().notice().value_or(""), HasSubstr("does not take the session of jdoe any more"));
  EXPECT_EQ(granted(server_.url("/file/x")), "");
  log_in(kNow + 28800, "another");
  EXPECT_EQ(granted(server_.url("/file/x")), "Bearer another");
}

TEST_F(CredentialsTest, NoCredentialsFollowARedirectToAnotherHostOrBack) {
  log_in(kNow + 28800);
  tests::ScriptedServer other;
  const std::string elsewhere = "http://localhost:" + std::to_string(other.port()) + "/file/y";
  server_.add(answer_with(302, "", {{"Location", elsewhere}}));
  other.otherwise(answer_with(302, "", {{"Location", server_.url("/file/z")}}));
  server_.otherwise(answer_with(200, "bytes"));
  HttpRequest request;
  request.url = server_.url("/file/x");
  const auto answer = authorised().text(request, kMost, turn_);
  ASSERT_TRUE(answer) << answer.error().what();
  const auto here = server_.requests();
  ASSERT_EQ(here.size(), 2U);
  EXPECT_EQ(here[0].header("authorization"), std::string("Bearer ") + kJwt);
  EXPECT_EQ(here[1].header("authorization"), "");
  ASSERT_EQ(other.requests().size(), 1U);
  EXPECT_EQ(other.requests()[0].header("authorization"), "");
  EXPECT_EQ(answer->head.identity, "jdoe");  // the bytes were obtained with credentials
}

TEST_F(CredentialsTest, ARequestWithoutALoginCarriesNoCredentials) {
  log_in(kNow + 28800);
  server_.otherwise(answer_with(200, "bytes"));
  HttpRequest request;
  request.url = server_.url("/file/x");
  request.rights = {Rights::Kind::kNobody};
  ASSERT_TRUE(authorised().text(request, kMost, turn_));
  EXPECT_EQ(server_.requests()[0].header("authorization"), "");
  request.rights = Rights::of("somebody else");
  const auto refused = authorised().text(request, kMost, turn_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), EACCES);
  EXPECT_EQ(server_.requests().size(), 1U);
}

// --- files of an archive ---

class Collect : public FetchSink {
 public:
  Result<void> head(const FileHead& head) override {
    identity = head.identity;
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    bytes.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    return {};
  }
  std::string bytes;
  std::string identity = "none";
};

class PrivateFileTest : public CredentialsTest {
 protected:
  Result<FileHead> fetch(FetchRequest request) {
    credentials();
    settings_.authoriser = credentials_;
    if (!archive_) archive_ = HttpArchive::make(profile_, settings_);
    request.url = server_.url("/file/x");
    return archive_->fetch(request, sink_, turn_);
  }
  std::unique_ptr<Archive> archive_;
  Collect sink_;
};

TEST_F(PrivateFileTest, AFileIsRequestedWithoutALoginFirst) {
  log_in(kNow + 28800);
  server_.add(answer_with(401));
  server_.otherwise(answer_with(200, "private"));
  const auto head = fetch({});
  ASSERT_TRUE(head) << head.error().what();
  EXPECT_EQ(head->identity, "jdoe");
  EXPECT_EQ(sink_.identity, "jdoe");
  EXPECT_EQ(sink_.bytes, "private");
  EXPECT_EQ(server_.requests()[0].header("authorization"), "");
  EXPECT_EQ(server_.requests()[1].header("authorization"), std::string("Bearer ") + kJwt);
}

TEST_F(PrivateFileTest, ARefusalInTheServicesOwnWordsCountsToo) {
  log_in(kNow + 28800);
  credentials();
  settings_.authoriser = credentials_;
  archive_ = HttpArchive::make(profile_, settings_);
  for (const int status : {401, 403, 200}) {
    const auto before = server_.requests().size();
    server_.add(answer_with(status, "AuthenticationError: not yours", {{"Content-Type", "text/plain"}}));
    server_.add(answer_with(200, "SIMPLE  = private", {{"Content-Type", "application/fits"}}));
    sink_ = {};
    FetchRequest cutout;
    cutout.url = server_.url("/file/cutout?ID=x");
    cutout.kind = FetchKind::kMade;
    cutout.fits = true;
    const auto head = archive_->fetch(cutout, sink_, turn_);
    ASSERT_TRUE(head) << status << head.error().what();
    EXPECT_EQ(head->identity, "jdoe");
    EXPECT_EQ(sink_.bytes, "SIMPLE  = private");
    EXPECT_EQ(server_.requests().size(), before + 2);
  }
}

TEST_F(PrivateFileTest, ALoginPageCountsAsARefusal) {
  log_in(kNow + 28800);
  const auto page = answer_with(200, "<html>log in</html>", {{"Content-Type", "text/html"}});
  server_.add(page);
  server_.otherwise(answer_with(200, "private"));
  ASSERT_TRUE(fetch({}));
  EXPECT_EQ(sink_.bytes, "private");
  server_.otherwise(page);
  const auto refused = fetch({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), EACCES);
}

TEST_F(PrivateFileTest, AFileThatIsNotYetPublicIsRequestedWithALoginAtOnce) {
  log_in(kNow + 28800);
  server_.otherwise(answer_with(200, "private"));
  FetchRequest request;
  request.rights = {Rights::Kind::kLoggedIn};
  ASSERT_TRUE(fetch(request));
  ASSERT_EQ(server_.requests().size(), 1U);
  EXPECT_EQ(sink_.identity, "jdoe");
}

TEST_F(PrivateFileTest, PublicFilesArePublicAlsoWithALogin) {
  log_in(kNow + 28800);
  server_.otherwise(answer_with(200, "public"));
  ASSERT_TRUE(fetch({}));
  EXPECT_EQ(sink_.identity, "");
  EXPECT_EQ(server_.requests()[0].header("authorization"), "");
}

TEST_F(PrivateFileTest, ARefusalSaysWhatToDo) {
  server_.otherwise(answer_with(401));
  const auto refused = fetch({});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), EACCES);
  EXPECT_THAT(refused.error().what(), HasSubstr("run `esofs login`"));
}

}  // namespace
}  // namespace esofs::client
