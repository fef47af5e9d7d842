// URLs: how they are put together, shown without secrets, and compared. Redirects and credentials depend on it.
//
//   source   RFC 3986, RFC 6454 section 4
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace esofs::client {

// The URL as it may be shown and logged: user info and the values of secret-looking parameters replaced by "***".
std::string shown_url(const std::string& url);

// application/x-www-form-urlencoded of name-value pairs, for bodies and query strings.
std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& fields);

// Joins a base URL that may already hold a '?' with further parameters.
std::string with_parameters(const std::string& url,
                            const std::vector<std::pair<std::string, std::string>>& fields);

// `reference` resolved against `base` (RFC 3986 section 5); reference itself if it is absolute.
std::string resolved_url(const std::string& base, const std::string& reference);

// Scheme, host and port; the port is the scheme's if the URL names none. All are "" for a text that is not a URL.
struct Origin {
  std::string scheme;  // lower case
  std::string host;    // lower case
  std::string port;
  friend bool operator==(const Origin&, const Origin&) = default;
};

Origin origin_of(const std::string& url);

// "ftp" of "ftp://…", in lower case; "" for http and https, which can be fetched, and without a scheme.
std::string foreign_scheme(std::string_view url);

// "host:port"; "" for a text that is not a URL.
std::string server_of(const std::string& url);

// True if credentials for a request to `from` may be sent to `to`: the same origin, or the same host on the default
// ports with http replaced by https.
bool same_trust(const std::string& from, const std::string& to);

// True if `url` leads to this machine by its name or its own addresses: localhost, 127.0.0.0/8, ::1.
bool to_this_machine(const std::string& url);

// True if a request to `url` is not encrypted and stays within this machine, unless a proxy takes it elsewhere.
bool in_the_clear_here(const std::string& url);

// The place that a URL names, to decide whether another URL is below it.
class UrlPlace {
 public:
  explicit UrlPlace(const std::string& url);
  // True if this one has the origin of `other`, begins with its path, has no user info, and does not leave that path by a
  // "..", however it is written.
  bool below(const UrlPlace& other) const;
  bool strange() const noexcept { return strange_; }  // user info, or a ".."

 private:
  Origin origin_;
  std::string rest_;  // path and query, as they are written
  bool strange_ = false;
};

// shown_url() with a check sum in place of "***", so that two URLs have two names. A URL without secrets is its own.
std::string name_of_url(const std::string& url);

// True if two URLs differ in scheme, host and port only, or by a '/' at the end of the path.
bool same_place(const std::string& from, const std::string& to);

// The URL with the characters that no URL may hold (blanks, control characters, bytes above ASCII) as %XX. Nothing else
// changes: the URLs of archives hold a second '?' and more that must stay.
std::string sendable_url(const std::string& url);

// The part before the query and the fragment.
std::string_view without_query(std::string_view url);

// The last part of the path, percent-decoded; "" without a path, and for a text that is not a URL.
std::string last_part(std::string_view url);

// Everything but unreserved characters (RFC 3986 section 2.3) and `kept` as %XX, of the bytes of UTF-8. kept: ASCII signs.
std::string percent_encoded(std::string_view text, std::string_view kept = "");

}  // namespace esofs::client
