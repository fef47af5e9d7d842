#include "client/http/content_headers.h"

#include <curl/curl.h>

#include <charconv>
#include <string_view>
#include <utility>

#include "client/base/text.h"

namespace esofs::client {
namespace {

constexpr std::string_view kBlank = " \t";
// Takes one parameter "name=value" off the front of `rest`, the value without its quotes.
std::pair<std::string, std::string> next_parameter(std::string_view& rest) {
  const std::size_t name_end = std::min(rest.find_first_of("=;"), rest.size());
  const std::string name = lower(trimmed(rest.substr(0, name_end), kBlank));
  const bool bare = name_end == rest.size() || rest[name_end] == ';';
  rest.remove_prefix(std::min(name_end + 1, rest.size()));
  if (bare) return {name, ""};
  const std::size_t start = std::min(rest.find_first_not_of(" \t"), rest.size());
  std::string value;
  std::size_t at = start;
  if (start < rest.size() && rest[start] == '"') {
    for (at = start + 1; at < rest.size() && rest[at] != '"'; ++at) {
      if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
      value += rest[at];
    }
  }
  const std::size_t end = std::min(rest.find(';', at), rest.size());
  if (at == start) value = trimmed(rest.substr(start, end - start), kBlank);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return {name, value};
}

std::string utf8_of_latin1(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out += c;
    } else {
      out += static_cast<char>(0xC0U | (byte >> 6U));
      out += static_cast<char>(0x80U | (byte & 0x3FU));
    }
  }
  return out;
}

// RFC 8187: charset'language'percent-encoded. "" for what is not of that form or in a charset it does not allow.
std::string extended_value(const std::string& value) {
  const std::size_t first = value.find('\'');
  const std::size_t second = first == std::string::npos ? first : value.find('\'', first + 1);
  if (second == std::string::npos) return {};
  const std::string charset = lower(std::string_view(value).substr(0, first));
  int length = 0;
  char* plain = curl_easy_unescape(nullptr, value.c_str() + second + 1, 0, &length);
  if (plain == nullptr) return {};
  std::string bytes(plain, static_cast<std::size_t>(length));
  curl_free(plain);
  if (charset == "utf-8") return bytes;
  return charset == "iso-8859-1" ? utf8_of_latin1(bytes) : std::string();
}

}  // namespace

std::optional<std::uint64_t> decimal(const std::string& text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  if (text.empty() || stopped != end || problem != std::errc()) return std::nullopt;
  return number;
}

std::optional<ContentRange> content_range(const std::string& header) {
  const std::string text(trimmed(header, kBlank));
  if (lower(text.substr(0, 6)) != "bytes ") return std::nullopt;
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) return std::nullopt;
  const std::string span(trimmed(std::string_view(text).substr(6, slash - 6), kBlank));
  const std::string total(trimmed(std::string_view(text).substr(slash + 1), kBlank));

  ContentRange range;
  if (total != "*") {
    range.total = decimal(total);
    if (!range.total) return std::nullopt;
  }
  if (span == "*") return range.total ? std::optional(range) : std::nullopt;
  const std::size_t dash = span.find('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto first = decimal(span.substr(0, dash));
  const auto last = decimal(span.substr(dash + 1));
  if (!first || !last || *last < *first || (range.total && *last >= *range.total)) return std::nullopt;
  range.span = ContentRange::Span{*first, *last};
  return range;
}

std::string disposition_name(const std::string& header) {
  std::string_view rest = header;
  rest.remove_prefix(std::min(rest.find(';'), rest.size()));
  if (!rest.empty()) rest.remove_prefix(1);
  std::string plain;
  std::string extended;
  while (!rest.empty()) {
    const auto [name, value] = next_parameter(rest);
    if (name == "filename" && plain.empty()) plain = value;
    if (name == "filename*" && extended.empty()) extended = extended_value(value);
  }
  return extended.empty() ? plain : extended;
}

std::string validator_of(const HttpHead& head) {
  std::string etag = head.header("etag");
  if (etag.size() >= 2 && etag.front() == '"' && etag.back() == '"') return etag;
  std::string date = head.header("last-modified");
  return date.empty() ? etag : date;
}

std::string opaque_tag(const HttpHead& head) {
  const std::string etag = head.header("etag");
  const auto first = etag.find('"');
  const bool quoted = first != std::string::npos && etag.size() >= first + 2 && etag.back() == '"';
  return quoted ? etag.substr(first + 1, etag.size() - first - 2) : std::string();
}

std::string media_type(const std::string& content_type) {
  return lower(trimmed(std::string_view(content_type).substr(0, content_type.find(';')), kBlank));
}

}  // namespace esofs::client
