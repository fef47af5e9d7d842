// Rights: whose login a request carries.
//
//   shapes   an identity names a user who is logged in, as Authoriser::user() (client/http/authoriser.h)
#pragma once

#include <string>
#include <utility>

namespace esofs::client {

struct Rights {
  enum class Kind {
    kLoggedIn,       // the login of this mount, if there is one and the URL may receive it
    kLoggedInFirst,  // the same; if the server refuses it (401), none
    kNobodyFirst,    // none; if that is refused, as kLoggedIn. For files only (fetch_file)
    kNobody,         // none
    kIdentity        // the login of `identity`; EACCES if it is not logged in
  };

  Kind kind = Kind::kLoggedIn;
  std::string identity = {};

  // "": none.
  static Rights of(std::string identity) {
    return {identity.empty() ? Kind::kNobody : Kind::kIdentity, std::move(identity)};
  }
  bool operator==(const Rights&) const = default;
};

}  // namespace esofs::client
