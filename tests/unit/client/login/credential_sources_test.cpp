#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <cerrno>
#include <fstream>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "client/base/unique_fd.h"
#include "client/login/netrc.h"
#include "client/login/run_command.h"
#include "tests/unit/client/login/credentials_fixture.h"

namespace esofs::client {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// --- netrc ---

TEST(Netrc, IsReadWithQuotesCommentsAndMacros) {
  const auto entries = parse_netrc(
      "# mine\nmachine a.org login me password \"two words\\\"\" account x\n"
      "macdef init\nmachine b.org login no password no\n\nmachine b.org\n\tlogin you\n\tpassword #5\ndefault "
      "login any "
      "password thing\n");
  const auto of = [&entries](const std::string& host, bool with_default) {
    const auto entry = find_netrc(entries, {"", host}, with_default);
    return entry ? entry->login + ":" + entry->password : "";
  };
  EXPECT_EQ(of("a.org", false), "me:two words\"");
  EXPECT_EQ(of("b.org", false), "you:#5");
  EXPECT_EQ(of("c.org", false), "");
  EXPECT_EQ(of("c.org", true), "any:thing");
}

TEST(Netrc, KeywordsMayBeInCapitals) {
  const auto entries =
      parse_netrc("MACHINE a.org LOGIN me ACCOUNT x PASSWORD One\nDefault Login any PassWord two\n");
  EXPECT_EQ(find_netrc(entries, {"a.org"}, false)->password, "One");
  EXPECT_EQ(find_netrc(entries, {"b.org"}, true)->password, "two");
}

TEST(Netrc, AQuoteThatIsNotClosedInItsLineTakesNothingElseAlong) {
  const auto entries = parse_netrc(
      "machine a.org login me password \"half\nmachine b.org login you password \"whole\"\n"
      "machine c.org login \"x\\\nmachine d.org login d password e");
  const auto entry = find_netrc(entries, {"a.org"}, false);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->password, "\"half");
  EXPECT_EQ(find_netrc(entries, {"b.org"}, false)->password, "whole");
  EXPECT_EQ(find_netrc(entries, {"d.org"}, false)->password, "e");
}

TEST(Netrc, FilesOfOtherSystemsAreReadToo) {
  const auto entries = parse_netrc(
      "\xef\xbb\xbfmachine A.org\r\n login me\r\n password one\r\nmacdef x\r\nmachine b.org login no\r\n\r\n"
      "machine b.org login you password two\r\n");
  EXPECT_EQ(find_netrc(entries, {"a.ORG"}, false)->password, "one");
  EXPECT_EQ(find_netrc(entries, {"b.org"}, false)->login, "you");
}

// --- programs ---

constexpr std::chrono::seconds kLong{1000};

Result<std::string> shell(const std::string& text, std::chrono::milliseconds limit = kLong,
                          const std::stop_token& stop = {}) {
  return run_command({"/bin/sh", "-c", text}, limit, stop);
}

pid_t pid_in(const std::filesystem::path& file) {
  pid_t pid = 0;
  for (const auto end = std::chrono::steady_clock::now() + kPatience;
       pid == 0 && std::chrono::steady_clock::now() < end; std::this_thread::yield())
    std::ifstream(file) >> pid;
  return pid;
}

bool ends(pid_t pid) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (::kill(pid, 0) == 0 && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return ::kill(pid, 0) != 0;
}

TEST(RunCommand, AnyLengthOfOutputIsComplete) {
  const auto text = shell("i=0; while [ $i -lt 20000 ]; do echo 0123456789; i=$((i+1)); done");
  ASSERT_TRUE(text) << text.error().what();
  EXPECT_EQ(text->size(), 220'000U);
}

TEST(RunCommand, AChildThatContinuesIsNotWaitedFor) {
  const tests::TempDir temp;
  const auto pid_file = temp.path() / "pid";
  const auto text = shell("sleep 1000 & echo $! > " + pid_file.string() + "; echo told");
  ASSERT_TRUE(text) << text.error().what();
  EXPECT_EQ(*text, "told\n");
  const pid_t child = pid_in(pid_file);
  EXPECT_EQ(::kill(child, 0), 0);  // it may be an agent that is to stay
  ::kill(child, SIGKILL);
}

TEST(RunCommand, AHangingProgramIsKilledWithItsChildren) {
  const tests::TempDir temp;
  const std::vector<std::string> ways{"wait", "exec >&-; wait", "exec >/dev/null; echo x; wait"};
  for (const auto& way : ways) {
    const auto pid_file = temp.path() / "pid";
    std::filesystem::remove(pid_file);
    const std::string text = "sleep 1000 & echo $! > " + pid_file.string() + "; " + way;
    auto ended = shell(text, std::chrono::milliseconds(300));
    ASSERT_FALSE(ended) << way;
    EXPECT_EQ(ended.error().code(), ETIMEDOUT) << way;
    EXPECT_TRUE(ends(pid_in(pid_file))) << way;

    std::filesystem::remove(pid_file);
    std::stop_source stop;
    std::jthread stopper([&] {
      (void)pid_in(pid_file);
      stop.request_stop();
    });
    ended = shell(text, kLong, stop.get_token());
    ASSERT_FALSE(ended) << way;
    EXPECT_EQ(ended.error().code(), EINTR) << way;
    EXPECT_TRUE(ends(pid_in(pid_file))) << way;
  }
}

TEST(RunCommand, AProgramInheritsNoFilesAndDefaultSignals) {
  const UniqueFd ours(::open("/dev/null", O_RDONLY));  // as a library that does not mark it
  ASSERT_TRUE(ours);
  struct sigaction ignored {};
  struct sigaction before {};
  ignored.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignored, &before);
  const auto text = shell("[ ! -e /proc/self/fd/" + std::to_string(ours.get()) +
                          " ] || exit 1; yes | head -n 1; grep SigIgn /proc/self/status");
  ::sigaction(SIGPIPE, &before, nullptr);
  ASSERT_TRUE(text) << text.error().what();
  const auto ignores = text->find("SigIgn:");
  ASSERT_EQ(ignores, 2U) << *text;  // behind "y"
  EXPECT_EQ(std::stoull(text->substr(ignores + 7), nullptr, 16) & (1ULL << (SIGPIPE - 1U)), 0U) << *text;
}

TEST(RunCommand, AFailedProgramIsAnErrorWithoutItsOutput) {
  for (const std::string text : {"echo sesame; exit 3", "echo sesame; kill -9 $$"}) {
    const auto ended = shell(text);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), EIO);
    EXPECT_THAT(ended.error().what(), Not(HasSubstr("sesame")));
  }
}

// --- tokens that commands and files give ---

TEST_F(CredentialsTest, ATokenComesFromACommandAgainWhenItEnds) {
  const auto count = temp_.path() / "count";
  config_.token_command = "echo x >> " + count.string() + "; echo " + kJwt;
  const std::string identity = credentials().user();
  EXPECT_NE(identity, "");
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(credentials().user(), identity);
  EXPECT_EQ(std::filesystem::file_size(count), 2U);
  now_ = kNow + 28800;
  EXPECT_EQ(granted(server_.url("/links/x")), "");  // it writes one that has ended
  EXPECT_EQ(credentials().status().state, Credentials::State::kExpired);
}

TEST_F(CredentialsTest, ATokenComesFromAFileThatIsReadAgain) {
  config_.token_file = (temp_.path() / "token").string();
  write(config_.token_file, std::string(kJwt) + "\n");
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  write(config_.token_file, "another");
  EXPECT_EQ(granted(server_.url("/links/x")), "Bearer another");
}

class TokenCommandTest : public CredentialsTest {
 protected:
  TokenCommandTest() { config_.token_command = "echo x >> " + count_.string() + "; cat " + token_.string(); }
  void gives(std::int64_t expires) {
    // {"exp":…}
    const std::string claims = "{\"exp\":" + std::to_string(expires) + "}";
    write(token_, "e30." + base64url(claims) + ".x\n");
  }
  std::uintmax_t runs() const {
    return std::filesystem::exists(count_) ? std::filesystem::file_size(count_) / 2 : 0;
  }
  static std::string base64url(const std::string& text) {
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string out;
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (const char c : text) {
      bits = (bits << 8U) | static_cast<unsigned char>(c);
      for (have += 8; have >= 6; have -= 6) out += digits[(bits >> (have - 6)) & 63U];
    }
    if (have > 0) out += digits[(bits << (6 - have)) & 63U];
    return out;
  }

  const std::filesystem::path token_ = temp_.path() / "token";
  const std::filesystem::path count_ = temp_.path() / "count";
};

TEST_F(TokenCommandTest, ACommandThatWroteAnEndedTokenIsRunAgainLater) {
  gives(kNow - 1);
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(runs(), 1U) << "not for every request";
  EXPECT_EQ(credentials().status().state, Credentials::State::kRefused);
  EXPECT_THAT(credentials().advice(server_.url("/links/x")), HasSubstr("a token that has ended"));
  gives(kNow + 28800);
  now_ = kNow + 11;
  EXPECT_NE(granted(server_.url("/links/x")), "");
  EXPECT_EQ(credentials().status().state, Credentials::State::kLoggedIn);
}

TEST_F(TokenCommandTest, ATokenOfAShortLifeIsUsedForHalfOfItNotForOneRequest) {
  gives(kNow + 300);
  for (int i = 0; i < 5; ++i) EXPECT_NE(granted(server_.url("/links/x")), "");
  EXPECT_EQ(runs(), 1U);
  now_ = kNow + 149;
  EXPECT_NE(granted(server_.url("/links/x")), "");
  EXPECT_EQ(runs(), 1U);
  gives(kNow + 450);
  now_ = kNow + 150;
  EXPECT_NE(granted(server_.url("/links/x")), "");
  EXPECT_EQ(runs(), 2U);
}

TEST_F(TokenCommandTest, ACommandIsNotRunForEveryRequest) {
  gives(kNow + 28800);
  EXPECT_NE(granted(server_.url("/links/x")), "");
  now_ = kNow + 28800 - 500;
  for (int i = 0; i < 5; ++i) EXPECT_NE(granted(server_.url("/links/x")), "");
  EXPECT_EQ(runs(), 2U);
  now_ = kNow + 28800 - 250;
  EXPECT_NE(granted(server_.url("/links/x")), "");
  EXPECT_EQ(runs(), 3U);
}

TEST_F(CredentialsTest, ATokenThatHasEndedAlreadyIsNotAskedForWithEveryRequest) {
  with_netrc();
  profile_.authorised = {{server_.url("/links/"), {"bearer"}}};
  // {"exp":1699999999}
  server_.otherwise(answer_with(200, token_answer("e30.eyJleHAiOjE2OTk5OTk5OTl9.x")));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(token_requests(), 1);
  EXPECT_THAT(credentials().status().problem, HasSubstr("clock"));
  now_ = kNow - 3600;  // the clock is set right: the same token counts now
  EXPECT_NE(granted(server_.url("/links/x")), "");
}

TEST(Token, ClaimsOfAnySizeAreTimes) {
  // {"exp":1e300}, {"exp":-5}, {"exp":99999999999999999999}, {"exp":"soon"}
  EXPECT_EQ(parse_token("e30.eyJleHAiOjFlMzAwfQ.x")->expires, 253402300799);
  EXPECT_EQ(parse_token("e30.eyJleHAiOi01fQ.x")->expires, -5);
  EXPECT_EQ(parse_token("e30.eyJleHAiOjk5OTk5OTk5OTk5OTk5OTk5OTk5fQ.x")->expires, 253402300799);
  EXPECT_EQ(parse_token("e30.eyJleHAiOiJzb29uIn0.x")->expires, 0);
}

// --- what services say ---

TEST_F(CredentialsTest, ASecretThatAServiceRepeatsIsNotShown) {
  with_netrc();
  server_.otherwise(answer_with(200, token_answer(kJwt)));
  ASSERT_EQ(granted(server_.url("/file/x")), std::string("Bearer ") + kJwt);
  const std::string token = kJwt;
  const std::string password = kPassword;
  EXPECT_EQ(credentials().without_secrets("token " + token + " of jdoe; " + token.substr(0, 30) + " …"),
            "token *** of jdoe; *** …");
  EXPECT_EQ(credentials().without_secrets("'" + password + "', open%2520%20sesame%26"), "'***', ***");
  EXPECT_EQ(credentials().without_secrets(basic_value({"jdoe", password})), "Basic ***");
  EXPECT_EQ(credentials().without_secrets("nothing of it"), "nothing of it");
}

}  // namespace
}  // namespace esofs::client
