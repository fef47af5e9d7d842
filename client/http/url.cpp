#include "client/http/url.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "client/base/hash.h"
#include "client/base/text.h"

namespace esofs::client {
namespace {

struct UrlDeleter {
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
};
using UrlHandle = std::unique_ptr<CURLU, UrlDeleter>;

// Texts that the name of a secret parameter contains, or equals; after percent-decoding, in lower case, without '-' and '_'.
constexpr std::array<std::string_view, 15> kParts = {
    "pass",      "pwd",        "token",   "secret",        "apikey",    "accesskey", "subscriptionkey",
    "signature", "credential", "session", "authorization", "assertion", "saml",      "hmac",
    "hdnt"};
constexpr std::array<std::string_view, 11> kWhole = {"sig",    "key", "jwt", "auth",  "code", "bearer",
                                                     "ticket", "md5", "sid", "hdnea", "pw"};
constexpr std::string_view kHex = "0123456789ABCDEF";

constexpr unsigned kLenient = CURLU_NON_SUPPORT_SCHEME | CURLU_URLENCODE | CURLU_ALLOW_SPACE;

std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url, what, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// RFC 3986 section 3.1: a letter, then letters, digits, '+', '-', '.', and the colon.
bool has_scheme(std::string_view url) {
  if (url.empty() || std::isalpha(static_cast<unsigned char>(url[0])) == 0) return false;
  for (const char c : url) {
    if (c == ':') return true;
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '+' && c != '-' && c != '.') return false;
  }
  return false;
}

bool secret_name(std::string_view encoded) {
  std::string name = lower(percent_decoded(encoded));
  std::erase_if(name, [](char c) { return c == '-' || c == '_'; });
  return std::any_of(kParts.begin(), kParts.end(),
                     [&](std::string_view word) { return name.find(word) != std::string::npos; }) ||
         std::find(kWhole.begin(), kWhole.end(), name) != kWhole.end();
}

// Shown in place of a secret.
using Stand = std::function<std::string(std::string_view secret)>;

// The parameters, separated by `ends`, with the values of secret ones replaced.
std::string shown_parameters(std::string_view text, std::string_view ends, const Stand& stand) {
  std::string out;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(ends, at), text.size());
    const std::string_view field = text.substr(at, end - at);
    const std::size_t equals = field.find('=');
    if (equals != std::string_view::npos && equals + 1 < field.size() &&
        secret_name(field.substr(0, equals))) {
      out.append(field.substr(0, equals + 1)).append(stand(field.substr(equals + 1)));
    } else {
      out.append(field);
    }
    if (end < text.size()) out += text[end];
    at = end + 1;
  }
  return out;
}

// A path has parameters too: "/file;jsessionid=…/x".
constexpr std::string_view kPathEnds = "/;";
constexpr std::string_view kQueryEnds = "&;";

std::string without_secrets(const std::string& url, const Stand& stand) {
  const std::size_t scheme = url.find("://");
  const std::size_t authority = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t path = std::min(url.find_first_of("/?#", authority), url.size());
  const std::size_t at = url.substr(authority, path - authority).rfind('@');

  std::string out = url.substr(0, authority);
  if (at != std::string::npos) {
    out += stand(std::string_view(url).substr(authority, at)) + "@";
    out += url.substr(authority + at + 1, path - authority - at - 1);
  } else {
    out += url.substr(authority, path - authority);
  }
  std::size_t from = path;
  while (from < url.size()) {  // the path, then "?query", then "#fragment"
    const std::size_t end = std::min(url.find_first_of(url[from] == '?' ? "#" : "?#", from + 1), url.size());
    const std::string_view piece = std::string_view(url).substr(from, end - from);
    if (piece[0] == '?' || piece[0] == '#') {
      out += piece[0];
      out += shown_parameters(piece.substr(1), kQueryEnds, stand);
    } else {
      out += shown_parameters(piece, kPathEnds, stand);
    }
    from = end;
  }
  return out;
}

// In hexadecimal. It is kept in caches: never change this.
std::string check_sum(std::string_view text) {
  std::string digits = hex_text(mixed(fnv1a(text)));
  for (char& digit : digits) digit = digit >= 'a' ? static_cast<char>(digit - 'a' + 'A') : digit;
  return digits;
}

bool climbs(std::string_view path) {
  const std::string plain = percent_decoded(path);
  for (std::size_t at = 0; at <= plain.size();) {
    const std::size_t end = std::min(plain.find_first_of("/\\", at), plain.size());
    if (plain.substr(at, end - at) == "..") return true;
    at = end + 1;
  }
  return false;
}

void append_encoded(std::string& out, unsigned char byte) {
  out += '%';
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

}  // namespace

std::string_view without_query(std::string_view url) { return url.substr(0, url.find_first_of("?#")); }

std::string last_part(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return "";
  const std::string_view path = without_query(url.substr(scheme + 3));
  const auto slash = path.rfind('/');
  return slash == std::string_view::npos ? "" : percent_decoded(path.substr(slash + 1));
}

std::string percent_encoded(std::string_view text, std::string_view kept) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) != 0 || c == '-' || c == '.' || c == '_' ||
                                       c == '~' || kept.find(c) != std::string_view::npos);
    if (plain) {
      out += c;
    } else {
      append_encoded(out, byte);
    }
  }
  return out;
}

Origin origin_of(const std::string& url) {
  const UrlHandle handle(curl_url());
  if (curl_url_set(handle.get(), CURLUPART_URL, url.c_str(), kLenient) != CURLUE_OK) return {};
  return {lower(part(handle.get(), CURLUPART_SCHEME)), lower(part(handle.get(), CURLUPART_HOST)),
          part(handle.get(), CURLUPART_PORT, CURLU_DEFAULT_PORT)};
}

std::string foreign_scheme(std::string_view url) {
  const auto end = url.find("://");
  if (end == std::string_view::npos) return "";
  std::string scheme = lower(url.substr(0, end));
  return scheme == "http" || scheme == "https" ? "" : scheme;
}

std::string server_of(const std::string& url) {
  const Origin origin = origin_of(url);
  return origin.host.empty() ? "" : origin.host + ":" + origin.port;
}

bool same_trust(const std::string& from, const std::string& to) {
  const Origin a = origin_of(from);
  const Origin b = origin_of(to);
  if (a.host.empty() || a.host != b.host) return false;
  return a == b || (a.scheme == "http" && a.port == "80" && b.scheme == "https" && b.port == "443");
}

bool same_place(const std::string& from, const std::string& to) {
  const auto place = [](std::string_view url) {
    url = url.substr(0, url.find('#'));
    const std::size_t scheme = url.find("://");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    url.remove_prefix(std::min(url.find_first_of("/?", begin), url.size()));
    const std::size_t path_end = std::min(url.find('?'), url.size());
    std::string_view path = url.substr(0, path_end);
    if (path.ends_with('/')) path.remove_suffix(1);
    return std::pair(path, url.substr(path_end));
  };
  return from != to && place(from) == place(to);
}

std::string sendable_url(const std::string& url) {
  std::string out;
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F) {
      out += c;
    } else {
      append_encoded(out, byte);
    }
  }
  return out;
}

bool to_this_machine(const std::string& url) {
  const std::string host = origin_of(url).host;
  const bool numbers = host.find_first_not_of("0123456789.") == std::string::npos;
  return host == "localhost" || host == "[::1]" || host == "::1" || (numbers && host.starts_with("127."));
}

bool in_the_clear_here(const std::string& url) {
  return origin_of(url).scheme == "http" && to_this_machine(url);
}

UrlPlace::UrlPlace(const std::string& url) : origin_(origin_of(url)) {
  const std::size_t scheme = url.find("://");
  if (scheme == std::string::npos) return;
  const std::size_t end = std::min(url.find_first_of("/?#", scheme + 3), url.size());
  rest_ = end < url.size() && url[end] == '/' ? url.substr(end) : "/" + url.substr(end);
  const std::string_view path = without_query(rest_);
  strange_ = climbs(path) || url.substr(0, end).find('@', scheme) != std::string::npos;
}

bool UrlPlace::below(const UrlPlace& other) const {
  if (strange_ || origin_.host.empty() || origin_ != other.origin_) return false;
  return rest_.starts_with(other.rest_) || rest_ + "/" == other.rest_;
}

std::string shown_url(const std::string& url) {
  return without_secrets(url, [](std::string_view) { return std::string("***"); });
}

std::string name_of_url(const std::string& url) { return without_secrets(url, check_sum); }

std::string form_encoded(const std::vector<std::pair<std::string, std::string>>& fields) {
  std::string out;
  for (const auto& [name, value] : fields) {
    if (!out.empty()) out += '&';
    out += percent_encoded(name) + "=" + percent_encoded(value);
  }
  return out;
}

std::string with_parameters(const std::string& url,
                            const std::vector<std::pair<std::string, std::string>>& fields) {
  if (fields.empty()) return url;
  const std::size_t fragment = std::min(url.find('#'), url.size());
  std::string out = url.substr(0, fragment);
  if (out.find('?') == std::string::npos) {
    out += '?';
  } else if (out.back() != '?' && out.back() != '&') {
    out += '&';
  }
  return out + form_encoded(fields) + url.substr(fragment);
}

std::string resolved_url(const std::string& base, const std::string& reference) {
  if (has_scheme(reference)) return reference;
  const UrlHandle handle(curl_url());
  if (curl_url_set(handle.get(), CURLUPART_URL, base.c_str(), kLenient) != CURLUE_OK) return reference;
  curl_url_set(handle.get(), CURLUPART_FRAGMENT, nullptr, 0);
  if (!reference.empty() && reference[0] == '#') {
    curl_url_set(handle.get(), CURLUPART_FRAGMENT, reference.c_str() + 1, kLenient);
  } else if (!reference.empty() &&
             curl_url_set(handle.get(), CURLUPART_URL, reference.c_str(), kLenient) != CURLUE_OK) {
    return reference;
  }
  const std::string whole = part(handle.get(), CURLUPART_URL);
  return whole.empty() ? reference : whole;
}

}  // namespace esofs::client
