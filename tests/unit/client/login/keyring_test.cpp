#include "client/login/keyring.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/unit/client/login/credentials_fixture.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A keyring that answers as `answer` of the shell says, and counts how often it is asked.
class KeyringTest : public CredentialsTest {
 protected:
  KeyringTest() { config_.keyring_program = (temp_.path() / "keyring").string(); }
  void answers(const std::string& answer) {
    write(config_.keyring_program, "#!/bin/sh\necho x >> " + asked_.string() + "\n" + answer + "\n", 0700);
  }
  void holds(const KeptSession& session) {
    write(temp_.path() / "content", session_text(session));
    answers("[ \"$1 $2\" = 'content item1' ] && cat " + (temp_.path() / "content").string());
  }
  KeptSession session(std::int64_t expires = kNow + 28800) const {
    return {{kJwt, "jdoe", expires}, "fake", profile_.token_url, {"127.0.0.1"}};
  }
  void log_in_by_keyring(std::int64_t expires = kNow + 28800, const std::string& item = "item1") {
    KeptSession told = session(expires);
    told.token.value.clear();
    told.keyring = item;
    ASSERT_TRUE(keep_session(session_file(config_.state_dir, profile_), told));
  }
  std::uintmax_t times_asked() const {
    std::error_code none;
    const auto size = std::filesystem::file_size(asked_, none);
    return none ? 0 : size / 2;
  }

  const std::filesystem::path asked_ = temp_.path() / "asked";
};

TEST_F(KeyringTest, TheFileOfASessionInAKeyringHoldsNoToken) {
  log_in_by_keyring();
  const auto text = read_secret_file(session_file(config_.state_dir, profile_));
  ASSERT_TRUE(text);
  EXPECT_THAT(*text, Not(HasSubstr(kJwt)));
  EXPECT_THAT(*text, Not(HasSubstr("\"token\"")));
  const auto kept = kept_session(session_file(config_.state_dir, profile_));
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->keyring, "item1");
  EXPECT_EQ(kept->token.user, "jdoe");
}

TEST_F(KeyringTest, IsAskedOnceAndOnlyWhenATokenIsNeeded) {
  holds(session());
  log_in_by_keyring();
  EXPECT_EQ(credentials().user(), "jdoe");
  EXPECT_EQ(credentials().status().state, Credentials::State::kLoggedIn);
  EXPECT_EQ(credentials().status().kept, "the desktop keyring");
  EXPECT_FALSE(credentials().status().renews);
  EXPECT_EQ(times_asked(), 0U);
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  now_ = kNow + 28800 - 60;  // nothing there could renew it
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(times_asked(), 1U);
}

TEST_F(KeyringTest, ASessionInItEndsWithoutBeingAskedFor) {
  holds(session());
  log_in_by_keyring(kNow);
  EXPECT_EQ(credentials().user(), "");
  EXPECT_EQ(credentials().status().state, Credentials::State::kExpired);
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_THAT(credentials().advice(server_.url("/links/x")), HasSubstr("ended at"));
  EXPECT_EQ(times_asked(), 0U);
}

TEST_F(KeyringTest, ALockedKeyringIsReportedAndAskedAgainLater) {
  answers("exit 12");
  log_in_by_keyring();
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(credentials().status().state, Credentials::State::kUnreachable);
  EXPECT_THAT(credentials().advice(server_.url("/links/x")), HasSubstr("the desktop keyring is locked"));
  EXPECT_EQ(credentials().user(), "jdoe");  // what was his alone stays so
  holds(session());
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(times_asked(), 1U);
  now_ = kNow + 60;
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  EXPECT_EQ(credentials().status().state, Credentials::State::kLoggedIn);
}

TEST_F(KeyringTest, WhileItIsLockedAuthorisedQueriesAreRefused) {
  config_.authorised_tap = true;
  answers("exit 12");
  log_in_by_keyring();
  const auto grant = credentials().grant(server_.url("/tap/sync"), turn_);
  ASSERT_FALSE(grant);
  EXPECT_EQ(grant.error().code(), EACCES);
}

TEST_F(KeyringTest, ANewLoginIsReadFromTheKeyring) {
  holds(session());
  log_in_by_keyring();
  EXPECT_EQ(granted(server_.url("/links/x")), std::string("Bearer ") + kJwt);
  KeptSession next = session();
  next.token.value = "another";
  write(temp_.path() / "content", session_text(next));
  answers("[ \"$1 $2\" = 'content item2' ] && cat " + (temp_.path() / "content").string());
  log_in_by_keyring(kNow + 28800, "item2");
  EXPECT_EQ(granted(server_.url("/links/x")), "Bearer another");
}

TEST_F(KeyringTest, WhatItHoldsForOtherServersIsNotUsed) {
  KeptSession other = session();
  other.token_url = "https://elsewhere.example/token";
  holds(other);
  log_in_by_keyring();
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_THAT(credentials().advice(server_.url("/links/x")), HasSubstr("other servers"));
}

TEST_F(KeyringTest, AMountThatCannotAskAnyKeyringSaysSo) {
  config_.keyring_program.clear();
  log_in_by_keyring();
  EXPECT_EQ(granted(server_.url("/links/x")), "");
  EXPECT_EQ(credentials().status().state, Credentials::State::kUnreachable);
  EXPECT_THAT(credentials().advice(server_.url("/links/x")), HasSubstr("--no-keyring"));
}

TEST(Keyring, OneThatHangsIsEndedAndNothingOfItsOutputIsInTheError) {
  const tests::TempDir temp;
  write(temp.path() / "keyring", "#!/bin/sh\necho sesame\nexec sleep 1000\n", 0700);
  const Keyring keyring((temp.path() / "keyring").string(), std::chrono::milliseconds(50));
  const auto content = keyring.content("item", std::stop_token());
  ASSERT_FALSE(content);
  EXPECT_EQ(content.error().code(), ETIMEDOUT);
  EXPECT_THAT(content.error().what(), Not(HasSubstr("sesame")));
}

TEST(Keyring, TheSecretIsToldOnStandardInputOnly) {
  const tests::TempDir temp;
  write(temp.path() / "keyring",
        "#!/bin/sh\necho \"$@\" > " + (temp.path() / "words").string() + "\ncat > " +
            (temp.path() / "told").string() + "\n",
        0700);
  const Keyring keyring((temp.path() / "keyring").string());
  ASSERT_TRUE(keyring.keep({"item", "/owner", "a label"}, "sesame", std::stop_token()));
  std::string words;
  std::getline(std::ifstream(temp.path() / "words"), words);
  std::string told;
  std::getline(std::ifstream(temp.path() / "told"), told);
  EXPECT_EQ(words, "keep item /owner a label");
  EXPECT_EQ(told, "sesame");
}

}  // namespace
}  // namespace esofs::client
