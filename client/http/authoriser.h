// Authoriser: which credentials a request to a URL carries. HttpClient asks it before it sends a request. Mounts use
// client/login/credentials.h, tests have their own.
//
//   shapes   an identity names a user who is logged in, for cache keys and status; "" is nobody
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

  // The user who is logged in; "" for nobody, also after a session has ended.
  virtual std::string user() = 0;
  // The identity whose login a request to `url` would carry now; "" for none.
  virtual std::string identity_for(const std::string& url) = 0;
  // `url` with https for http if its host receives credentials over TLS only; else unchanged.
  virtual std::string secured(const std::string& url) = 0;
  // nullopt: the request carries none. Renews a token that ends soon, if possible.
  virtual Result<std::optional<Grant>> grant(const std::string& url, Lane::Turn& turn) = 0;
  // True if there may be another grant in place of one that was refused with 401.
  virtual bool renewable(const Grant& refused) = 0;
  // That other grant. Any number of callers share one renewal.
  virtual Result<Grant> renewed(const std::string& url, const Grant& refused, Lane::Turn& turn) = 0;
  // The archive answered 401 with this grant and not without: it is no longer accepted.
  virtual void not_taken(const Grant& grant) = 0;
  // What a user who was refused can do: "log in with `esofs login`".
  virtual std::string advice(const std::string& url) = 0;
  // `text` of a service, which may quote the request, with "***" for every secret that is held.
  virtual std::string without_secrets(std::string text) = 0;
};

}  // namespace esofs::client
