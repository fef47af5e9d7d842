// Where a URL leads: the parts of it that redirects and credentials depend on. The other URL helpers are declared in
// client/http.h and live in the same source.
//
//   source   RFC 3986, RFC 6454 section 4
#pragma once

#include <string>
#include <string_view>

namespace esofs::client {

// Scheme, host and port; the port is the scheme's where the URL names none. All "" for what is not a URL.
struct Origin {
  std::string scheme;  // lower case
  std::string host;    // lower case
  std::string port;
  friend bool operator==(const Origin&, const Origin&) = default;
};

Origin origin_of(const std::string& url);

// Who is asked: "host:port"; "" for what is not a URL.
std::string server_of(const std::string& url);

// True where credentials for a request to `from` may be sent to `to`: the same origin, or the same host on the default
// ports with http replaced by https.
bool same_trust(const std::string& from, const std::string& to);

// Everything but unreserved characters (RFC 3986 section 2.3) and `kept` as %XX, of the bytes of UTF-8. kept: ASCII signs.
std::string percent_encoded(std::string_view text, std::string_view kept = "");

}  // namespace esofs::client
