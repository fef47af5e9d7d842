// What people are told of credentials: status, advice, and what services say of them.
#include <algorithm>
#include <string>
#include <vector>

#include "client/base/iso_time.h"
#include "client/http/url.h"
#include "client/login/credentials.h"
#include "client/login/kept_session.h"

namespace esofs::client {
namespace {

// All users of a mount can read it: neither names nor paths.
std::string advice_to(uid_t uid, Credentials::State state) {
  const std::string who = "uid " + std::to_string(uid);
  switch (state) {
    case Credentials::State::kLoggedIn:
      return "the login of " + who + " has no right to it";
    case Credentials::State::kExpired:
      return "the session of " + who + " has ended: run `esofs login`";
    case Credentials::State::kRefused:
      return "the login of " + who +
             " is not used: run `esofs login --no-keyring`, and see that nobody else can read it";
    default:
      return who + " is not logged in: run `esofs login`";
  }
}

// Also what a sentence that was cut has left of it.
void hide(std::string& text, const std::string& secret) {
  constexpr std::size_t kLeast = 4;  // a shorter one would take words apart
  constexpr std::size_t kTold = 24;  // so much of it is as good as the whole
  if (secret.size() < kLeast) return;
  const std::string begin = secret.substr(0, kTold);
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    std::size_t same = begin.size();
    while (same < secret.size() && at + same < text.size() && text[at + same] == secret[same]) ++same;
    text.replace(at, same, "***");
  }
}

constexpr const char* kNotTaken = "the archive does not take it any more";

std::string what_to_do(const Credentials::Status& ended) {
  return ended.source == kLoginSource ? ": run `esofs login`" : ": renew the token in " + ended.source;
}

}  // namespace

Credentials::Status Credentials::status() {
  const Held now = held();
  Status status;
  status.user = now.user;
  status.source = now.source;
  status.renews = by_itself(now);
  if (now.source == kLoginSource && !now.problem)
    status.kept =
        now.keyring.empty() ? session_file(config_.state_dir, profile_).string() : "the desktop keyring";
  status.expires = now.token ? now.token->expires : now.keyring_until;
  if (now.problem) status.problem = now.problem->what();
  if (now.renewal_failure) status.problem = now.renewal_failure->what();
  if (dropped(now) && status.problem.empty()) status.problem = kNotTaken;
  const bool refused = now.renewal_failure && now.renewal_failure->code() == EACCES;
  const bool command_fails = now.command && now.renewal_failure;
  if (in_keyring(now) && now.renewal_failure) {
    status.state = State::kUnreachable;
  } else if (valid(now) || in_keyring(now) || (status.renews && !refused && !command_fails) ||
             (now.password && !refused)) {
    status.state = State::kLoggedIn;
  } else if (now.token || !now.keyring.empty()) {
    status.state = State::kExpired;
  } else if (now.problem || refused || command_fails) {
    status.state = State::kRefused;
  }
  return status;
}

std::optional<std::string> Credentials::notice() {
  const Status now = status();
  const std::string who = now.user.empty() ? "the user of " + now.source : now.user;
  if (now.state == State::kExpired && now.problem == kNotTaken)
    return "the archive does not take the session of " + who + " any more" + what_to_do(now);
  if (now.state == State::kExpired) {
    std::string text = "the session of " + who + " ended at " + iso_time_text(now.expires);
    if (!now.problem.empty()) text += " and was not renewed (" + now.problem + ")";
    return text + what_to_do(now);
  }
  if (now.problem.empty() || now.source.empty()) return std::nullopt;
  return now.problem;
}

std::string Credentials::advice(const std::string& url) {
  const Service service = service_of(secured(url));
  if (profile_.credential_hosts.empty()) return {};
  if (service.schemes.empty())
    return may_travel(secured(url), config_.plain_http) ? "credentials are not sent to this server"
                                                        : "credentials are not sent without TLS";
  const Status now = status();
  if (config_.owner) return advice_to(config_.owner->uid, now.state);
  if (now.state == State::kLoggedIn)
    return (now.user.empty() ? "the user of " + now.source : now.user) + " has no right to it" +
           (now.renews ? "" : ", or the archive has ended the session (`esofs login` begins another)");
  if (const auto told = notice()) return *told;
  const std::string login = profile_.token_url.empty() ? "give -o credentials=FILE"
                                                       : "run `esofs login`, or give -o credentials=FILE";
  return "nobody is logged in: " + login + (now.problem.empty() ? "" : " (" + now.problem + ")");
}

std::string Credentials::without_secrets(std::string text) {
  const Held now = looked_.lock()->held;
  std::vector<std::string> secrets{now.former};
  if (now.token) secrets.push_back(now.token->value);
  if (now.password) {
    const std::string& password = now.password->password;
    constexpr std::size_t kScheme = 6;  // "Basic "
    secrets.insert(secrets.end(),
                   {password, percent_encoded(password), basic_value(*now.password).substr(kScheme)});
  }
  for (const auto& secret : secrets) hide(text, secret);
  return text;
}

std::string state_name(Credentials::State state) {
  switch (state) {
    case Credentials::State::kLoggedIn:
      return "logged in";
    case Credentials::State::kExpired:
      return "expired";
    case Credentials::State::kRefused:
      return "refused";
    case Credentials::State::kUnreachable:
      return "unreachable";
    default:
      return "nobody";
  }
}

}  // namespace esofs::client
