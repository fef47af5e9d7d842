// Rights: whose login a request carries.
//
//   shapes   an identity names somebody who is logged in, as Authoriser::user() (client/http/authoriser.h)
#pragma once

#include <string>
#include <utility>

namespace esofs::client {

struct Rights {
  enum class Kind {
    kLoggedIn,       // the login of this mount, if there is one and the URL may see it
    kLoggedInFirst,  // the same; if the server does not take it (401), nobody's
    kNobodyFirst,    // nobody's; if that is refused, as kLoggedIn. Of files only (fetch_file)
    kNobody,         // nobody's
    kIdentity        // the login of `identity`; EACCES if that is not who is logged in
  };

  Kind kind = Kind::kLoggedIn;
  std::string identity = {};

  // "": nobody's.
  static Rights of(std::string identity) {
    return {identity.empty() ? Kind::kNobody : Kind::kIdentity, std::move(identity)};
  }
  bool operator==(const Rights&) const = default;
};

}  // namespace esofs::client
