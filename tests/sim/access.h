// Access: the simulated archive's users, what each may read, and the tokens it hands out.
//
//   shapes   tokens are JWTs by their form: base64url of header, claims ("exp", "sub") and a check sum; a token and a Basic
//            password count as client/ESO.md, "Login", has it. "sim-token" is observer's for ever
//   threads  thread-safe
//   source   client/ESO.md, "Files" and "Login"
#pragma once

#include <httplib.h>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "tests/sim/holdings.h"
#include "tests/sim/http_server.h"

namespace esofs::sim {

// What the archive tells its own services about a request, in headers that no client can set: who asks, and that the bytes of
// what it names are not theirs.
inline constexpr const char* kCallerHeader = "X-Sim-Caller";
inline constexpr const char* kForbiddenHeader = "X-Sim-Forbidden";

class Access {
 public:
  Access();

  // Who asks. bad: what was presented is no password or token of anybody, or no longer.
  struct Caller {
    std::string name;  // "" nobody
    bool bad = false;
  };
  Caller caller(const std::string& authorization) const;

  // Whether the caller may have the bytes: public by now, or theirs.
  bool may_read(const Caller& caller, const File& file) const;
  // Whether the caller may know of it at all.
  bool may_know(const Caller& caller, const std::string& id) const;
  std::vector<std::string> hidden() const;  // prefixes of ids whose metadata are not public

  // GET /sso/oidc/token, as ESO's: all in the query string.
  Answer token(const httplib::Request& request);
  // The refusal of a file, as the knobs say.
  Answer refusal() const;

  // POST /_sim/access: an object of "clock" (seconds ahead), "token_life" (s), "revoke" (true: no token given out so far
  // counts any more), "challenge" (WWW-Authenticate), "login_pages" (200 and a form instead of 401), "hidden" (prefixes),
  // "private" (prefixes of ids whose metadata are public and whose bytes are not), "users" (objects of name, password, rights). "" or what is wrong with it.
  std::string set(const std::string& json);

 private:
  struct User {
    std::string name;
    std::string password;
    std::vector<std::string> rights;  // prefixes of ids; "": everything
  };
  std::int64_t now() const;  // REQUIRES: mutex_ held, as for what follows
  std::string issue(const User& user);
  Caller token_owner(const std::string& token) const;
  bool entitled(const std::string& name, const std::string& id) const;

  mutable std::mutex mutex_;
  std::vector<User> users_;
  std::vector<std::string> hidden_;
  std::vector<std::string> private_;
  std::int64_t clock_ = 0;
  std::int64_t life_ = 28800;
  std::uint64_t revoked_ = 0;  // tokens with a lower number do not count
  std::uint64_t issued_ = 0;
  bool challenge_ = true;
  bool login_pages_ = false;
};

}  // namespace esofs::sim
