// The states of a login, and how events change it.
#include "client/login/login_state.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::client {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;

HeldLogin with_token(std::int64_t expires, std::int64_t got_at = 0) {
  HeldLogin login;
  login.source = "here";
  login.user = "jdoe";
  login.token = HeldToken{{"token-1", "jdoe", expires}, got_at};
  return login;
}

HeldLogin with_password() {
  HeldLogin login;
  login.source = "here";
  login.password = NamePassword{"jdoe", "secret"};
  login.renewal = Renewal::kPassword;
  return login;
}

template <class State>
bool is(const HeldLogin& login, std::int64_t now = kNow) {
  return std::holds_alternative<State>(state_of(login, now));
}

TEST(LoginStateTest, WithoutAnythingHeldTheLoginIsNobody) {
  EXPECT_TRUE(is<Nobody>(HeldLogin()));
  EXPECT_FALSE(can_bear_token(state_of(HeldLogin(), kNow)));
}

TEST(LoginStateTest, ATokenIsHeldUntilItsEnd) {
  EXPECT_TRUE(is<TokenHeld>(with_token(kNow + 1)));
  EXPECT_TRUE(is<Expired>(with_token(kNow)));
  EXPECT_TRUE(is<TokenHeld>(with_token(0))) << "its end is not known";
}

TEST(LoginStateTest, ARefusedTokenHasExpired) {
  const auto login = after(with_token(0), NotTaken{"token-1"}, kNow);
  EXPECT_TRUE(is<Expired>(login));
  EXPECT_TRUE(is<TokenHeld>(after(with_token(0), NotTaken{"another"}, kNow)));
  EXPECT_TRUE(is<TokenHeld>(after(login, TokenGot{{"token-2", "jdoe", 0}}, kNow)));
}

TEST(LoginStateTest, APasswordGetsTokensUntilItIsRefused) {
  EXPECT_TRUE(is<Obtainable>(with_password()));
  const auto unreachable = after(with_password(), RenewalFailed{Error(EHOSTUNREACH, "away")}, kNow);
  EXPECT_TRUE(is<Obtainable>(unreachable));
  EXPECT_FALSE(std::get<Obtainable>(state_of(unreachable, kNow)).failing);
  EXPECT_TRUE(is<SourceRefused>(after(with_password(), RenewalFailed{Error(EACCES, "wrong")}, kNow)));
  auto basic = with_password();
  basic.renewal = Renewal::kNone;
  EXPECT_TRUE(is<PasswordOnly>(basic));
}

TEST(LoginStateTest, ACommandThatFailsIsTriedAgain) {
  HeldLogin login;
  login.source = "token_command";
  login.renewal = Renewal::kCommand;
  EXPECT_FALSE(std::get<Obtainable>(state_of(login, kNow)).failing);
  login = after(login, RenewalFailed{Error(EIO, "exit 1")}, kNow);
  EXPECT_TRUE(std::get<Obtainable>(state_of(login, kNow)).failing);
  login = after(login, TokenGot{{"token", "jdoe", 0}}, kNow);
  EXPECT_TRUE(is<TokenHeld>(login));
  EXPECT_EQ(login.user, "jdoe");
}

TEST(LoginStateTest, AKeyringHoldsASessionUntilItsEnd) {
  HeldLogin login;
  login.source = "esofs login";
  login.keyring = KeyringItem{"item", kNow + 1};
  EXPECT_FALSE(std::get<InKeyring>(state_of(login, kNow)).unreachable);
  EXPECT_TRUE(is<Expired>(login, kNow + 1));
  login = after(login, RenewalFailed{Error(EAGAIN, "locked")}, kNow);
  EXPECT_TRUE(std::get<InKeyring>(state_of(login, kNow)).unreachable);
}

TEST(LoginStateTest, ARenewedTokenIsKeptWhileItsUserIsTheSame) {
  const auto before = with_token(kNow + 100, kNow);
  auto fresh = with_token(kNow + 50);
  fresh.token->token.value = "older";
  EXPECT_EQ(reread(fresh, before).token->token.value, "token-1");
  EXPECT_EQ(reread(fresh, before).former, "token-1");
  fresh.user = "another";
  EXPECT_EQ(reread(fresh, before).token->token.value, "older");
  fresh = with_token(kNow + 200);
  fresh.token->token.value = "newer";
  EXPECT_EQ(reread(fresh, before).token->token.value, "newer");
}

}  // namespace
}  // namespace esofs::client
