#include "tests/sim/knobs/access.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>

#include "tests/sim/files/file_service.h"
#include "tests/sim/services/pages.h"
#include "tests/sim/text.h"

namespace esofs::sim {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr double kMjdAtEpoch = 40587;
constexpr double kDaySeconds = 86400;

std::string encode(std::string_view text, std::string_view digits) {
  std::string out;
  unsigned bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    bits = (bits << 8U) | static_cast<unsigned char>(c);
    for (have += 8; have >= 6; have -= 6) out += digits[(bits >> (have - 6)) & 63U];
  }
  if (have > 0) out += digits[(bits << (6 - have)) & 63U];
  return out;
}

std::string decode(std::string_view text, std::string_view digits) {
  std::string out;
  unsigned bits = 0;
  unsigned have = 0;
  for (const char c : text) {
    const auto digit = digits.find(c);
    if (digit == std::string_view::npos) break;
    bits = (bits << 6U) | static_cast<unsigned>(digit);
    have += 6;
    if (have < 8) continue;
    have -= 8;
    out += static_cast<char>((bits >> have) & 0xffU);
  }
  return out;
}

std::string signature(const std::string& text) {
  return encode(std::to_string(mix(seed_of("sim key " + text))), kUrl);
}

bool begins(const std::string& text, const std::string& prefix) { return text.rfind(prefix, 0) == 0; }

}  // namespace

Access::Access()
    : users_{{kUser, kPassword, {""}},
             {"pi", "pi-password", {"ADP.2026-02-02"}},
             {"coi", "coi-password", {"FORS2.2026-09-02"}},
             {"visitor", "visitor-password", {}}} {}

std::int64_t Access::now() const {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since).count() + clock_;
}

std::string Access::issue(const User& user) {
  const std::string head = encode(R"({"alg":"HS256","typ":"JWT"})", kUrl);
  const Json claims{{"exp", now() + life_}, {"sub", user.name}, {"jti", std::to_string(issued_++)}};
  const std::string text = head + "." + encode(claims.dump(), kUrl);
  return text + "." + signature(text);
}

Access::Caller Access::token_owner(const std::string& token) const {
  if (token == kToken) return {kUser, false};
  const auto last = token.rfind('.');
  const auto first = token.find('.');
  if (last == std::string::npos || first == last ||
      signature(token.substr(0, last)) != token.substr(last + 1))
    return {"", true};
  const Json claims = Json::parse(decode(token.substr(first + 1, last - first - 1), kUrl), nullptr, false);
  if (!claims.is_object() || claims.value("exp", std::int64_t{0}) <= now()) return {"", true};
  if (std::stoull(claims.value("jti", std::string("0"))) < revoked_) return {"", true};
  return {claims.value("sub", std::string()), false};
}

Access::Caller Access::caller(const std::string& authorization) const {
  const std::lock_guard lock(mutex_);
  if (authorization.empty()) return {};
  if (begins(authorization, "Bearer ")) return token_owner(authorization.substr(7));
  if (!begins(authorization, "Basic ")) return {"", true};
  const std::string given = decode(std::string_view(authorization).substr(6), kPlain);
  for (const User& user : users_) {
    if (given == user.name + ":" + user.password) return {user.name, false};
  }
  return {"", true};
}

bool Access::entitled(const std::string& name, const std::string& id) const {
  for (const User& user : users_) {
    if (user.name != name) continue;
    for (const std::string& prefix : user.rights) {
      if (begins(id, prefix)) return true;
    }
  }
  return false;
}

bool Access::may_read(const Caller& caller, const File& file) const {
  const std::lock_guard lock(mutex_);
  const auto names = [&](const std::string& prefix) { return begins(file.id, prefix); };
  const bool closed = std::any_of(hidden_.begin(), hidden_.end(), names) ||
                      std::any_of(private_.begin(), private_.end(), names);
  if (!closed) {
    const double mjd = kMjdAtEpoch + static_cast<double>(now()) / kDaySeconds;
    if (!file.proprietary || (file.release_mjd > 0 && mjd >= file.release_mjd)) return true;
  }
  return entitled(caller.name, file.id);
}

bool Access::may_know(const Caller& caller, const std::string& id) const {
  const std::lock_guard lock(mutex_);
  const bool is_hidden = std::any_of(hidden_.begin(), hidden_.end(),
                                     [&](const std::string& prefix) { return begins(id, prefix); });
  return !is_hidden || entitled(caller.name, id);
}

std::vector<std::string> Access::hidden() const {
  const std::lock_guard lock(mutex_);
  return hidden_;
}

Answer Access::token(const httplib::Request& request) {
  const auto value = [&request](const char* name) { return request.get_param_value(name); };
  const bool form = value("grant_type") == "password" && value("response_type") == "id_token token" &&
                    value("client_id") == "clientid";
  if (request.method != "GET" || !form)
    return text_answer(400, "application/json", R"({"error":"invalid_request"})");
  const std::lock_guard lock(mutex_);
  for (const User& user : users_) {
    if (user.name != value("username") || user.password != value("password")) continue;
    const nlohmann::ordered_json answer{{"access_token", "AT-" + std::to_string(issued_) + "-sim"},
                                        {"id_token", issue(user)},
                                        {"token_type", "bearer"},
                                        {"expires_in", life_},
                                        {"scope", ""}};
    return text_answer(200, "application/json", answer.dump());
  }
  return text_answer(401, "application/json", R"({"error":"invalid_grant"})");
}

Answer Access::refusal() const {
  const std::lock_guard lock(mutex_);
  if (login_pages_) return login_page();
  Answer refusal = text_answer(401, "text/html;charset=UTF-8", "<html><body>Access denied.</body></html>\n");
  if (challenge_) refusal.set("WWW-Authenticate", "Basic realm=\"ESO Archive\"");
  return refusal;
}

std::string Access::set(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return "not a JSON object";
  const std::lock_guard lock(mutex_);
  try {
    for (const auto& [name, value] : json.items()) {
      if (name == "clock") {
        clock_ = value.get<std::int64_t>();
      } else if (name == "token_life") {
        life_ = value.get<std::int64_t>();
      } else if (name == "revoke") {
        if (value.get<bool>()) revoked_ = issued_;
      } else if (name == "challenge") {
        challenge_ = value.get<bool>();
      } else if (name == "login_pages") {
        login_pages_ = value.get<bool>();
      } else if (name == "hidden") {
        hidden_ = value.get<std::vector<std::string>>();
      } else if (name == "private") {
        private_ = value.get<std::vector<std::string>>();
      } else if (name == "users") {
        std::vector<User> users;
        for (const Json& user : value)
          users.push_back({user.at("name").get<std::string>(), user.at("password").get<std::string>(),
                           user.at("rights").get<std::vector<std::string>>()});
        users_ = std::move(users);
      } else {
        return "there is no knob \"" + name + "\"";
      }
    }
  } catch (const Json::exception&) {
    return "a value is of the wrong type";
  }
  return {};
}

}  // namespace esofs::sim
