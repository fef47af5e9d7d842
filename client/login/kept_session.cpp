#include "client/login/kept_session.h"

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "client/base/safe_name.h"
#include "client/login/secret_file.h"

namespace esofs::client {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;

}  // namespace

std::filesystem::path session_file(const std::filesystem::path& state_dir, const Profile& profile) {
  return state_dir / "sessions" / (portable_name(safe_name(profile.name)) + ".json");
}

std::string session_text(const KeptSession& session) {
  Json json{{"format", kFormat},
            {"archive", session.archive},
            {"user", session.token.user},
            {"expires", session.token.expires},
            {"token_url", session.token_url},
            {"hosts", session.hosts}};
  if (session.keyring.empty()) {
    json["token"] = session.token.value;
  } else {
    json["keyring"] = session.keyring;
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<KeptSession> parse_session(const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  const Error wrong(EINVAL, "it is not a session of esofs");
  if (!json.is_object()) return wrong;
  try {
    if (json.at("format") != kFormat) return wrong;
    KeptSession session;
    if (json.contains("keyring")) {
      session.keyring = json.at("keyring").get<std::string>();
      if (session.keyring.empty()) return wrong;
    } else {
      auto token = parse_token(json.at("token").get<std::string>());
      if (!token) return wrong;
      session.token = *std::move(token);
    }
    session.token.user = json.at("user").get<std::string>();
    session.token.expires = json.at("expires").get<std::int64_t>();
    session.archive = json.at("archive").get<std::string>();
    session.token_url = json.at("token_url").get<std::string>();
    session.hosts = json.at("hosts").get<std::vector<std::string>>();
    return session;
  } catch (const Json::exception&) {
    return wrong;  // without its sentence, which quotes the text
  }
}

Result<void> keep_session(const std::filesystem::path& file, const KeptSession& session) {
  return write_secret_file(file, session_text(session));
}

Result<KeptSession> kept_session(const std::filesystem::path& file, std::optional<uid_t> owner) {
  auto text = read_secret_file(file, owner);
  if (!text) return text.error();
  auto session = parse_session(*text);
  if (!session) return session.error().at(file.string());
  return session;
}

bool belongs_to(const KeptSession& session, const Profile& profile) {
  const auto knows = [&session](const std::string& host) {
    return std::find(session.hosts.begin(), session.hosts.end(), host) != session.hosts.end();
  };
  return session.token_url == profile.token_url &&
         std::all_of(profile.credential_hosts.begin(), profile.credential_hosts.end(), knows);
}

}  // namespace esofs::client
