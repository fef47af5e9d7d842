#include "client/login/login_state.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace esofs::client {
namespace {

constexpr std::size_t kMostNameBytes = 200;

bool ended(std::int64_t end, std::int64_t now) { return end != 0 && now >= end; }

bool valid(const HeldLogin& login, std::int64_t now) {
  return login.token && !not_taken(login) && !ended(login.token->token.expires, now);
}

bool in_keyring(const HeldLogin& login, std::int64_t now) {
  return login.keyring && !login.token && !ended(login.keyring->until, now);
}

}  // namespace

LoginState state_of(const HeldLogin& login, std::int64_t now) {
  if (valid(login, now)) return TokenHeld{};
  if (in_keyring(login, now)) return InKeyring{login.failure.has_value()};
  if (renews(login)) return Obtainable{login.renewal == Renewal::kCommand && login.failure.has_value()};
  if (login.password && !refused(login)) return PasswordOnly{};
  if (login.token || login.keyring) return Expired{};
  if (login.problem || refused(login)) return SourceRefused{};
  return Nobody{};
}

HeldLogin after(HeldLogin login, const LoginEvent& event, std::int64_t now) {
  if (const auto* got = std::get_if<TokenGot>(&event)) {
    if (login.renewal == Renewal::kCommand) login.user = plain_name(got->token.user);
    if (login.token && login.token->token.value != got->token.value) login.former = login.token->token.value;
    login.token = HeldToken{got->token, now};
    login.failure.reset();
  } else if (const auto* failed = std::get_if<RenewalFailed>(&event)) {
    login.failure = Failure{failed->error, now};
  } else if (const auto* dropped = std::get_if<NotTaken>(&event)) {
    if (login.token && login.token->token.value == dropped->token) login.not_taken = dropped->token;
  } else {
    login.unauthorised_at = now;
  }
  return login;
}

HeldLogin reread(HeldLogin fresh, const HeldLogin& before) {
  if (fresh.renewal == Renewal::kCommand && before.renewal == Renewal::kCommand) fresh.user = before.user;
  fresh.not_taken = before.not_taken;
  if (!before.token) return fresh;
  fresh.former = before.token->token.value;
  const auto item = [](const HeldLogin& login) { return login.keyring ? login.keyring->id : std::string(); };
  const bool same = fresh.source == before.source && fresh.user == before.user && item(fresh) == item(before);
  if (!same) return fresh;
  fresh.unauthorised_at = before.unauthorised_at;
  // A token got by a renewal counts while its user is the same.
  const bool older = !fresh.token || fresh.token->token.expires < before.token->token.expires;
  if (older && before.token->got_at > 0) fresh.token = before.token;
  return fresh;
}

bool can_bear_token(const LoginState& state) {
  return std::holds_alternative<TokenHeld>(state) || std::holds_alternative<InKeyring>(state) ||
         std::holds_alternative<Obtainable>(state);
}

bool refused(const HeldLogin& login) { return login.failure && login.failure->error.code() == EACCES; }

bool renewable(const HeldLogin& login, const LoginState& state) {
  return std::holds_alternative<InKeyring>(state) || renews(login);
}

bool renews(const HeldLogin& login) { return login.renewal != Renewal::kNone && !refused(login); }

bool not_taken(const HeldLogin& login) { return login.token && login.token->token.value == login.not_taken; }

std::string plain_name(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.size() > kMostNameBytes) text.resize(kMostNameBytes);
  return text;
}

}  // namespace esofs::client
