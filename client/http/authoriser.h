// Authoriser: who may be told to which URL; what HttpClient asks before it sends a request. client/login/credentials.h has the
// one of real mounts, tests have their own.
//
//   shapes   an identity names somebody logged in, for cache keys and status; "" is nobody
//   errors   EACCES with a sentence that says what to do
//   threads  thread-safe; grant() and renewed() may wait for the network, the others never do
#pragma once

#include <optional>
#include <string>

#include "client/base/lane.h"
#include "client/base/result.h"

namespace esofs::client {

// What one request carries. The value is a secret: it goes into a request's head and nowhere else.
struct Grant {
  std::string value;  // of the Authorization header
  std::string identity;
};

class Authoriser {
 public:
  virtual ~Authoriser() = default;

  // Who is logged in; "" nobody, also when a session has ended.
  virtual std::string user() = 0;
  // Whose rights a request for `url` would carry now; "" for nobody's.
  virtual std::string identity_for(const std::string& url) = 0;
  // `url` with https for http where it leads to a host that sees credentials over TLS only; else as it is.
  virtual std::string secured(const std::string& url) = 0;
  // nullopt: the request goes without. Renews what is about to end, where that is possible.
  virtual Result<std::optional<Grant>> grant(const std::string& url, Lane::Turn& turn) = 0;
  // Whether another grant may be had in place of one that was refused with 401.
  virtual bool renewable(const Grant& refused) = 0;
  // That other grant. However many ask, one renewal.
  virtual Result<Grant> renewed(const std::string& url, const Grant& refused, Lane::Turn& turn) = 0;
  // The archive has answered 401 to this grant and not to nobody: it is not taken any more.
  virtual void not_taken(const Grant& grant) = 0;
  // What somebody who was refused can do about it: "log in with `esofs login`".
  virtual std::string advice(const std::string& url) = 0;
  // What a service says, which may repeat what it was shown, with "***" for every secret that is held.
  virtual std::string without_secrets(std::string text) = 0;
};

}  // namespace esofs::client
