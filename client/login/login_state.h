// HeldLogin: what is known of the one who is logged in, and the state that it makes at a moment.
//
//   shapes   facts change by events alone (after()); the state follows from them and from the time (state_of())
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

// How tokens are got as often as one is needed.
enum class Renewal : std::uint8_t { kNone, kPassword, kCommand };

struct KeyringItem {
  std::string id;
  std::int64_t until = 0;  // the end of the token in there; 0: unknown
};

struct HeldToken {
  Token token;
  std::int64_t got_at = 0;  // when this process got it; 0: it was read from a file
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
  std::string not_taken;                 // a token that the archive does not take any more
  std::int64_t unauthorised_at = 0;      // when a 401 last had the token renewed
  std::string former;                    // the token before, which services may still speak of
};

// The states, by what can be sent.
struct Nobody {};
struct SourceRefused {};  // the source cannot be used, or the archive does not take its password
struct Expired {};        // a token that has ended, or is not taken any more, and no way to another
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
struct NotTaken {        // … and does not do so to nobody
  std::string token;
};
using LoginEvent = std::variant<TokenGot, RenewalFailed, Unauthorised, NotTaken>;
HeldLogin after(HeldLogin login, const LoginEvent& event, std::int64_t now);

// The login that was read anew, with what is still good of the one before.
HeldLogin reread(HeldLogin fresh, const HeldLogin& before);

// True if `state` can show a Bearer token, now or after a renewal.
bool can_bear_token(const LoginState& state);
// True if the archive has refused the name or the password.
bool refused(const HeldLogin& login);
// True if `login` can get another token, however good the present one is.
bool renewable(const HeldLogin& login, const LoginState& state);
// By itself: from a command, or by the password.
bool renews(const HeldLogin& login);
bool not_taken(const HeldLogin& login);

// A name for people and for keys: without control characters, not too long.
std::string plain_name(std::string text);

}  // namespace esofs::client
