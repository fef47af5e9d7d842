// Tokens: requested from the archive's OpenID endpoint by a name and a password, and read as far as a client may.
//
//   errors   EACCES: the endpoint refuses the name or the password; EIO for an answer without a token; else as
//            HttpClient. No error holds the request's URL, which carries the password at ESO
//   threads  plain functions; request_token() blocks
//   source   client/ESO.md, "Login"; RFC 6749 section 4.3; RFC 7519 (JWT)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "client/base/lane.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/model/profile.h"

namespace esofs::client {

struct Token {
  std::string value;         // what follows "Bearer "
  std::string user;          // "" unknown
  std::int64_t expires = 0;  // seconds since 1970; 0: unknown
};

struct NamePassword {
  std::string name;
  std::string password;
};

// now: seconds since 1970.
Result<Token> request_token(HttpClient& http, const Profile& profile, const NamePassword& who,
                            std::int64_t now, Lane::Turn& turn);

// A token as a text: a JWT's `exp` and its user (preferred_username, sub) are read, and are unknown if it is not one.
// EINVAL if the text cannot be a Bearer token (RFC 6750 section 2.1).
Result<Token> parse_token(std::string_view text);

// The same for a file or a program's output: a token alone, or the endpoint's JSON answer.
Result<Token> parse_token_text(const std::string& text);

// The value of the Authorization header for Basic (RFC 7617).
std::string basic_value(const NamePassword& who);

// True if a credential may be sent to `url`: https, or http to this machine, or plain_http and any http.
bool may_travel(const std::string& url, bool plain_http);

}  // namespace esofs::client
