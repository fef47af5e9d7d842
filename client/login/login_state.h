// HeldLogin: what is known about a login, and the state that follows from it at a time.
//
//   shapes   events change the facts (after()); the state follows from the facts and the time (state_of())
//   units    times in seconds since 1970
//   threads  plain data, pure functions
//   source   client/README.md, "Credentials"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "client/base/result.h"
#include "client/login/token.h"

namespace esofs::client {

// How further tokens are obtained.
enum class Renewal : std::uint8_t { kNone, kPassword, kCommand };

struct KeyringItem {
  std::string id;
  std::int64_t until = 0;  // when its token ends; 0: unknown
};

struct HeldToken {
  Token token;
  std::int64_t got_at = 0;  // when this process obtained it; 0: it was read from a file
};

struct Failure {
  Error error;
  std::int64_t at;
};

struct HeldLogin {
  std::string source;    // "esofs login", "/home/me/.netrc", "token_command"; "" nobody
  std::string user;      // "" if the token does not tell
  std::string identity;  // for keys of caches; "" nobody
  Renewal renewal = Renewal::kNone;
  std::optional<KeyringItem> keyring;  // a session that a desktop's keyring holds
  std::optional<HeldToken> token;
  std::optional<NamePassword> password;  // of the same user
  std::optional<Error> problem;          // why the source is not used
  std::optional<Failure> failure;        // of the last renewal, if it failed
  std::string not_taken;                 // a token that the archive no longer accepts
  std::int64_t unauthorised_at = 0;      // when a 401 last caused a renewal
  std::string former;                    // the previous token, which answers may still quote
};

// The states. They differ in what can be sent.
struct Nobody {};
struct SourceRefused {};  // the source cannot be used, or the archive refuses its password
struct Expired {};        // the token has ended or is no longer accepted, and there is no way to another
struct PasswordOnly {};   // Basic only: there is no token service
struct Obtainable {
  bool failing;  // the command that writes tokens failed
};
struct InKeyring {
  bool unreachable;  // the keyring could not be asked
};
struct TokenHeld {};

using LoginState =
    std::variant<Nobody, SourceRefused, Expired, PasswordOnly, Obtainable, InKeyring, TokenHeld>;
LoginState state_of(const HeldLogin& login, std::int64_t now);

// What happens to a login while its source stays the same.
struct TokenGot {
  Token token;
};
struct RenewalFailed {
  Error error;
};
struct Unauthorised {};  // a service answered 401 to the token
struct NotTaken {        // … but not to a request without a login
  std::string token;
};
using LoginEvent = std::variant<TokenGot, RenewalFailed, Unauthorised, NotTaken>;
HeldLogin after(HeldLogin login, const LoginEvent& event, std::int64_t now);

// The login that was just read, with what is still valid of the one before.
HeldLogin reread(HeldLogin fresh, const HeldLogin& before);

// True if `state` can show a Bearer token, now or after a renewal.
bool can_bear_token(const LoginState& state);
// True if the archive has refused the name or the password.
bool refused(const HeldLogin& login);
// True if `login` can get another token, even if the present one is still valid.
bool renewable(const HeldLogin& login, const LoginState& state);
// Without the user: from a command, or by the password.
bool renews(const HeldLogin& login);
bool not_taken(const HeldLogin& login);

// A name for people and for keys: without control characters, not too long.
std::string plain_name(std::string text);

}  // namespace esofs::client
