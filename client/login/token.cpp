#include "client/login/token.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "client/base/iso_time.h"
#include "client/http/url.h"

namespace esofs::client {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMostAnswerBytes = 1U << 20U;
constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (const char c : text) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out += kDigits[(bits >> static_cast<unsigned>(have - 6)) & 63U];
  }
  if (have > 0) out += kDigits[(bits << static_cast<unsigned>(6 - have)) & 63U];
  while (out.size() % 4 != 0) out += '=';
  return out;
}

// Of base64url, as the parts of a JWT are written; "" for what is none.
std::string base64url_decoded(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int have = 0;
  for (char c : text) {
    if (c == '=') break;
    if (c == '-') c = '+';
    if (c == '_') c = '/';
    const auto digit = kDigits.find(c);
    if (digit == std::string_view::npos) return {};
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>((bits >> static_cast<unsigned>(have)) & 0xffU);
  }
  return out;
}

std::string text_of(const Json& object, const char* name) {
  const auto at = object.find(name);
  return at != object.end() && at->is_string() ? at->get<std::string>() : std::string();
}

// A time or a time span in seconds; 0 for what is none.
std::int64_t seconds_of(const Json& object, const char* name) {
  constexpr double kLast = 253402300799;  // the end of the year 9999
  const auto at = object.find(name);
  if (at == object.end() || !at->is_number()) return 0;
  return static_cast<std::int64_t>(std::clamp(at->get<double>(), -kLast, kLast));
}

void read_claims(Token& token) {
  const auto first = token.value.find('.');
  const auto second = first == std::string::npos ? first : token.value.find('.', first + 1);
  if (second == std::string::npos) return;
  const Json claims = Json::parse(
      base64url_decoded(std::string_view(token.value).substr(first + 1, second - first - 1)), nullptr, false);
  if (!claims.is_object()) return;
  token.expires = seconds_of(claims, "exp");
  token.user = text_of(claims, "preferred_username");
  if (token.user.empty()) token.user = text_of(claims, "sub");
  std::erase_if(token.user, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

HttpRequest token_request(const Profile& profile, const NamePassword& who) {
  std::vector<std::pair<std::string, std::string>> fields;
  if (profile.token_method == "get") fields.emplace_back("response_type", "id_token token");
  fields.emplace_back("grant_type", "password");
  if (!profile.token_client_id.empty()) fields.emplace_back("client_id", profile.token_client_id);
  if (!profile.token_client_secret.empty()) fields.emplace_back("client_secret", profile.token_client_secret);
  if (!profile.token_scope.empty()) fields.emplace_back("scope", profile.token_scope);
  fields.emplace_back("username", who.name);
  fields.emplace_back("password", who.password);
  HttpRequest request;
  request.shown = shown_url(profile.token_url);
  request.follow_redirects = false;  // the password would go along
  request.rights = {Rights::Kind::kNobody};
  request.direct = in_the_clear_here(profile.token_url);
  if (profile.token_method == "get") {
    request.url = with_parameters(profile.token_url, fields);
  } else {
    request.method = "POST";
    request.url = profile.token_url;
    request.content_type = "application/x-www-form-urlencoded";
    request.body = form_encoded(fields);
  }
  return request;
}

Result<Token> token_of(const Json& answer) {
  // ESO's services take the id_token; a provider that gives none means the other one.
  std::string value = text_of(answer, "id_token");
  if (value.empty()) value = text_of(answer, "access_token");
  if (value.empty()) return Error(EIO, "there is no token in it");
  return parse_token(value);
}

}  // namespace

Result<Token> request_token(HttpClient& http, const Profile& profile, const NamePassword& who,
                            std::int64_t now, Lane::Turn& turn) {
  const std::string place = "the token service " + shown_url(profile.token_url);
  const auto answer = http.text(token_request(profile, who), kMostAnswerBytes, turn);
  if (!answer) return answer.error();
  const int status = answer->head.status;
  if (status == 400 || status == 401 || status == 403)
    return Error(EACCES, place + " does not accept the name or the password of " + who.name);
  if (status != 200) return Error(EIO, place + " answered with HTTP " + std::to_string(status));
  const Json json = Json::parse(answer->body, nullptr, false);
  if (!json.is_object()) return Error(EIO, place + " sent an answer that is not JSON");
  auto token = token_of(json);
  // ESO's own programs take an answer without a token for a wrong password.
  if (!token)
    return Error(EACCES, place + " gave no token: the name or the password of " + who.name + " may be wrong");
  token->user = who.name;
  const auto life = seconds_of(json, "expires_in");
  if (token->expires == 0 && life > 0) token->expires = now + life;
  // To use it would be to ask for another one with every request.
  if (token->expires != 0 && token->expires <= now)
    return Error(EIO, place + " gave a token that ended at " + iso_time_text(token->expires) +
                          ", as this machine's clock has it: see that the clock is right");
  return token;
}

Result<Token> parse_token(std::string_view text) {
  const auto good = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
           std::string_view("-._~+/=").find(c) != std::string_view::npos;
  };
  if (text.empty() || !std::all_of(text.begin(), text.end(), good)) return Error(EINVAL, "there is no token");
  Token token;
  token.value = std::string(text);
  read_claims(token);
  return token;
}

Result<Token> parse_token_text(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_object()) return token_of(json);
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return Error(EINVAL, "there is no token");
  return parse_token(std::string_view(text).substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
}

std::string basic_value(const NamePassword& who) { return "Basic " + base64(who.name + ":" + who.password); }

bool may_travel(const std::string& url, bool plain_http) {
  const std::string scheme = origin_of(url).scheme;
  return scheme == "https" || (scheme == "http" && (plain_http || to_this_machine(url)));
}

}  // namespace esofs::client
