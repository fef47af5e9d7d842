// Access: the simulated archive's users, what each may read, and the tokens it hands out.
//
//   shapes   tokens have the form of a JWT: base64url of header, claims ("exp", "sub") and a checksum. client/ESO.md, "Login",
//            says which services accept tokens and Basic passwords. "sim-token" is observer's and never expires
//   threads  thread-safe
//   source   client/ESO.md, "Files" and "Login"
#pragma once

#include <httplib.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "tests/sim/holdings/holdings.h"
#include "tests/sim/http/http_server.h"

namespace esofs::sim {

// Headers that the archive adds to a request for its own services, and that no client can set: the name of the caller;
// and "1" if the caller may not read a file that the request names.
inline constexpr const char* kCallerHeader = "X-Sim-Caller";
inline constexpr const char* kForbiddenHeader = "X-Sim-Forbidden";

class Access {
 public:
  Access();

  // The user who sends a request. bad: the password or token is wrong or has expired.
  struct Caller {
    std::string name;  // "" nobody
    bool bad = false;
  };
  Caller caller(const std::string& authorization) const;

  // Whether the caller may read the bytes: the file is public by now, or among the user's rights.
  bool may_read(const Caller& caller, const File& file) const;
  // Whether the caller may see any metadata of it.
  bool may_know(const Caller& caller, const std::string& id) const;
  std::vector<std::string> hidden() const;  // prefixes of ids whose metadata are not public

  // GET /sso/oidc/token, as at ESO: all parameters are in the query string.
  Answer token(const httplib::Request& request);
  // The answer that refuses a file, in the form that the knobs select.
  Answer refusal() const;

  // POST /_sim/access: an object of "clock" (seconds ahead), "token_life" (s), "revoke" (true: refuses all tokens given out
  // so far), "challenge" (WWW-Authenticate), "login_pages" (200 and a form instead of 401), "hidden" (prefixes), "private"
  // (prefixes of ids whose metadata are public and whose bytes are not), "users" (objects of name, password, rights).
  // Returns "" or what is wrong with it.
  std::string set(const std::string& json);

 private:
  struct User {
    std::string name;
    std::string password;
    std::vector<std::string> rights;  // prefixes of ids; "": everything
  };
  std::int64_t now() const;  // REQUIRES: mutex_ held, here and for the functions below
  std::string issue(const User& user);
  Caller token_owner(const std::string& token) const;
  bool entitled(const std::string& name, const std::string& id) const;

  mutable std::mutex mutex_;
  std::vector<User> users_;
  std::vector<std::string> hidden_;
  std::vector<std::string> private_;
  std::int64_t clock_ = 0;
  std::int64_t life_ = 28800;
  std::uint64_t revoked_ = 0;  // tokens with a lower number are refused
  std::uint64_t issued_ = 0;
  bool challenge_ = true;
  bool login_pages_ = false;
};

}  // namespace esofs::sim
