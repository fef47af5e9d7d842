#include "client/login/credentials.h"

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <utility>

#include "client/http/url.h"
#include "client/login/kept_session.h"
#include "client/login/netrc.h"
#include "client/login/run_command.h"

namespace esofs::client {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kCommandLimit{60};
constexpr std::int64_t kRenewalPause =
    10;  // seconds between attempts where the token service cannot be reached
constexpr std::chrono::milliseconds kLookForStop{100};
constexpr std::size_t kMostNameBytes = 200;

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool begins(const std::string& url, const std::string& prefix) {
  return !prefix.empty() && url.rfind(prefix, 0) == 0;
}

// Of a clock that may be set back meanwhile.
bool recent(std::int64_t then, std::int64_t now, std::int64_t span) {
  return now >= then && now - then < span;
}

std::string bearer(const Token& token) { return "Bearer " + token.value; }

Credentials::Config with_clock(Credentials::Config config) {
  if (!config.now) config.now = [] { return static_cast<std::int64_t>(std::time(nullptr)); };
  return config;
}

HttpSettings without_authoriser(HttpSettings settings) {
  settings.authoriser = nullptr;
  return settings;
}

// A name for people and for keys.
std::string clean(std::string text) {
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  if (text.size() > kMostNameBytes) text.resize(kMostNameBytes);
  return text;
}

}  // namespace

Credentials::Credentials(Config config, Profile profile, HttpSettings http)
    : config_(with_clock(std::move(config))),
      profile_(std::move(profile)),
      places_(places_of(config_, profile_)),
      keyring_(config_.keyring_program),
      http_(without_authoriser(std::move(http))) {}

// --- the sources ---

Credentials::Held Credentials::held() {
  if (!config_.owner) look();
  return looked_.lock()->held;
}

std::vector<FileStamp> Credentials::stamps() const {
  std::vector<FileStamp> stamps;
  for (const auto& path :
       {std::filesystem::path(config_.token_file), std::filesystem::path(config_.netrc),
        session_file(config_.state_dir, profile_), std::filesystem::path(config_.home_netrc)})
    stamps.push_back(path.empty() ? FileStamp() : stamp_of(path));
  return stamps;
}

void Credentials::look() {
  Held before;
  std::vector<FileStamp> old_stamps;
  bool ever = false;
  {
    auto looked = looked_.lock();
    if (looked->ever && steady_clock::now() - looked->at < config_.look_again) return;
    before = looked->held;
    old_stamps = looked->stamps;
    ever = looked->ever;
  }
  std::vector<FileStamp> new_stamps;
  Held fresh;
  bool changed = false;
  {
    std::optional<AsUser> as;
    if (config_.owner) as.emplace(*config_.owner);
    const bool may = !as || *as;
    if (may) new_stamps = stamps();
    changed = !ever || new_stamps != old_stamps;
    if (may) fresh = changed ? read(before) : before;
  }
  if (config_.owner) guard_memory();  // the change of users has lifted it
  auto looked = looked_.lock();
  looked->at = steady_clock::now();
  // Another thread may have looked, or renewed, meanwhile; what it has is as new.
  if (changed && looked->stamps == old_stamps && looked->ever == ever) {
    looked->held = std::move(fresh);
    looked->stamps = std::move(new_stamps);
    looked->ever = true;
  }
}

Credentials::Held Credentials::read(const Held& before) const {
  Held held;
  if (!config_.token_command.empty()) {
    held.source = "token_command";
    held.command = true;
    guard_memory();
  } else if (!config_.token_file.empty()) {
    read_token_file(held);
  } else if (!config_.netrc.empty()) {
    read_netrc(held, config_.netrc, true);
  } else {
    read_session(held);
    read_netrc(held, config_.home_netrc, false);
  }
  // A token got by a renewal goes on counting while its user is the same.
  if (held.command && before.command) held.user = before.user;
  const bool same = held.source == before.source && held.user == before.user &&
                    held.keyring == before.keyring && before.token;
  if (before.token) held.former = before.token->value;
  held.not_taken = before.not_taken;
  if (same) held.refused_at = before.refused_at;
  if (same && (!held.token || held.token->expires < before.token->expires) && before.got_at > 0) {
    held.token = before.token;
    held.got_at = before.got_at;
  }
  return held;
}

void Credentials::read_token_file(Held& held) const {
  held.source = config_.token_file;
  auto text = read_secret_file(config_.token_file);
  auto token = text ? parse_token_text(*text) : Result<Token>(text.error());
  if (!token) {
    held.problem = text ? token.error().at(config_.token_file) : text.error();
    return;
  }
  held.user = clean(token->user);
  held.token = *std::move(token);
}

std::vector<std::string> Credentials::netrc_hosts() const {
  std::vector<std::string> hosts{origin_of(profile_.token_url).host};
  hosts.insert(hosts.end(), profile_.credential_hosts.begin(), profile_.credential_hosts.end());
  return hosts;
}

void Credentials::read_netrc(Held& held, const std::string& path, bool explicitly) const {
  if (path.empty() || profile_.credential_hosts.empty()) return;
  auto text = read_secret_file(path, owner());
  if (!text) {
    // A ~/.netrc that is not there, or another's, is no trouble of ours unless nobody else is logged in.
    if (explicitly || (held.source.empty() && text.error().code() == EACCES)) {
      held.problem = text.error();
      if (explicitly) held.source = path;
    }
    return;
  }
  const auto entry = find_netrc(parse_netrc(*text), netrc_hosts(), explicitly);
  if (!entry) {
    if (!explicitly) return;
    held.source = path;
    held.problem = Error(ENOENT, path + " has no name and password for " + netrc_hosts().back());
    return;
  }
  const std::string user = clean(entry->login);
  if (held.source.empty()) {
    held.source = path;
    held.user = user;
  } else if (held.user != user) {
    return;
  }
  held.password = NamePassword{entry->login, entry->password};
  held.problem.reset();
}

void Credentials::read_session(Held& held) const {
  const auto file = session_file(config_.state_dir, profile_);
  auto session = kept_session(file, owner());
  if (!session) {
    if (session.error().code() == ENOENT) return;
    held.source = kLoginSource;
    held.problem = session.error();
    return;
  }
  if (!belongs_to(*session, profile_)) {
    held.problem = Error(EACCES, "the session in " + file.string() +
                                     " was made for other servers: not used; run `esofs login` again");
    return;
  }
  held.source = kLoginSource;
  held.user = clean(session->token.user);
  if (config_.owner && !session->keyring.empty()) {
    held.problem = Error(EACCES, "the session of uid " + std::to_string(config_.owner->uid) +
                                     " is in a desktop keyring, which opens for its own user only: not used");
    return;
  }
  held.keyring = session->keyring;
  held.keyring_until = session->token.expires;
  if (held.keyring.empty()) held.token = session->token;
}

// --- what a service is shown ---

std::vector<Credentials::Place> Credentials::places_of(const Config& config, const Profile& profile) {
  const std::vector<std::string> any{"bearer", "basic"};
  std::vector<Place> places;
  const auto add = [&](const std::string& top, Service service) {
    const UrlPlace place(top);
    const bool trusted = holds(profile.credential_hosts, origin_of(top).host) && !place.strange() &&
                         may_travel(top, config.plain_http);
    places.push_back({place, trusted ? std::move(service) : Service()});
  };
  for (const auto& tap : profile.tap) {
    Service service;
    service.tap = true;
    if (config.authorised_tap && tap.authorised) service.schemes = {"bearer"};
    if (config.authorised_tap && profile.authorised.empty()) service.schemes = any;
    add(tap.url + "/", service);
  }
  for (const auto& service : profile.authorised) add(service.url, {service.schemes, false});
  return places;
}

Credentials::Service Credentials::service_of(const std::string& url) const {
  const UrlPlace asked(url);
  for (const auto& place : places_) {
    if (asked.below(place.top)) return place.service;
  }
  if (!profile_.authorised.empty()) return {};
  const bool trusted = holds(profile_.credential_hosts, origin_of(url).host) && !asked.strange() &&
                       may_travel(url, config_.plain_http);
  return trusted ? Service{{"bearer", "basic"}, false} : Service();
}

bool Credentials::dropped(const Held& held) { return held.token && held.token->value == held.not_taken; }

bool Credentials::valid(const Held& held) const {
  return held.token && !dropped(held) && (held.token->expires == 0 || config_.now() < held.token->expires);
}

bool Credentials::due(const Held& held) const {
  if (!held.token) return true;
  if (dropped(held)) return !recent(held.refused_at, config_.now(), config_.settled.count());
  const std::int64_t ends = held.token->expires;
  if (ends == 0) return false;
  const std::int64_t early = config_.early.count();
  const bool short_lived = held.got_at > 0 && ends - held.got_at <= early;
  return config_.now() + (short_lived ? (ends - held.got_at) / 2 : early) >= ends;
}

bool Credentials::in_keyring(const Held& held) const {
  return !held.keyring.empty() && !held.token &&
         (held.keyring_until == 0 || config_.now() < held.keyring_until);
}

bool Credentials::obtainable(const Held& held) const { return in_keyring(held) || by_itself(held); }

bool Credentials::by_itself(const Held& held) const {
  if (held.renewal_failure && held.renewal_failure->code() == EACCES) return false;
  return held.command || (held.password && !profile_.token_url.empty());
}

std::optional<uid_t> Credentials::owner() const {
  return config_.owner ? std::optional(config_.owner->uid) : std::nullopt;
}

// Users write what they like into their own files: what belongs to them is told apart by their number, at the end.
std::string Credentials::identity(const Held& held) const {
  std::string identity = name(held);
  if (config_.owner && !identity.empty()) identity += " of uid " + std::to_string(config_.owner->uid);
  return identity;
}

std::string Credentials::name(const Held& held) const {
  // Known before the command has run for the first time, and the same afterwards.
  if (held.command) return "token_command " + std::to_string(std::hash<std::string>()(config_.token_command));
  if (!held.user.empty()) return held.user;
  return held.source.empty() ? std::string() : "the user of " + held.source;
}

bool Credentials::usable(const Held& held, const Service& service) const {
  if (holds(service.schemes, "bearer") && (valid(held) || obtainable(held))) return true;
  const bool refused = held.renewal_failure && held.renewal_failure->code() == EACCES;
  return holds(service.schemes, "basic") && held.password && !refused;
}

std::string Credentials::user() {
  const Held now = held();
  return usable(now, {{"bearer", "basic"}, false}) ? identity(now) : std::string();
}

std::string Credentials::identity_for(const std::string& url) {
  const Held now = held();
  if (now.source.empty()) return {};  // as for most: nothing else is looked at
  const Service service = service_of(secured(url));
  return usable(now, service) ? identity(now) : std::string();
}

std::string Credentials::secured(const std::string& url) {
  if (!begins(url, "http://")) return url;
  const Origin origin = origin_of(url);
  const std::string https = "https://" + origin.host + "/";
  if (origin.port != "80" || !begins(url, "http://" + origin.host + "/") ||
      !holds(profile_.credential_hosts, origin.host))
    return url;
  const auto known = [&https](const std::string& place) { return begins(place, https); };
  const bool there = known(profile_.datalink_pattern) || known(profile_.file_pattern) ||
                     std::any_of(profile_.authorised.begin(), profile_.authorised.end(),
                                 [&known](const AuthorisedService& service) { return known(service.url); }) ||
                     std::any_of(profile_.tap.begin(), profile_.tap.end(),
                                 [&known](const TapService& service) { return known(service.url); });
  if (!there || held().source.empty()) return url;
  return "https" + url.substr(4);
}

Result<std::optional<Grant>> Credentials::grant(const std::string& url, Lane::Turn& turn) {
  const Service service = service_of(url);
  if (service.schemes.empty()) return std::optional<Grant>();
  Held now = held();
  for (const auto& scheme : service.schemes) {
    if (scheme == "basic") {
      if (now.password && usable(now, service))
        return std::optional(Grant{basic_value(*now.password), identity(now)});
      continue;
    }
    if (obtainable(now) && due(now)) {
      auto renewed = renew(now.token ? now.token->value : std::string(), turn);
      if (renewed) {
        now = *std::move(renewed);
      } else if (renewed.error().code() == EINTR && !valid(now)) {
        return renewed.error();
      } else if (!valid(now) && service.tap) {
        if (in_keyring(now)) return Error(EACCES, renewed.error().what());
        return renewed.error();  // without the token the answer would only look whole
      } else {
        now = held();
      }
    }
    if (valid(now)) return std::optional(Grant{bearer(*now.token), identity(now)});
  }
  return std::optional<Grant>();
}

// --- renewal ---

bool Credentials::renewable(const Grant& refused) {
  if (!begins(refused.value, "Bearer ")) return false;
  const Held now = held();
  if (valid(now) && bearer(*now.token) != refused.value) return true;
  return obtainable(now) && !recent(now.refused_at, config_.now(), config_.settled.count());
}

Result<Grant> Credentials::renewed(const std::string& url, const Grant& refused, Lane::Turn& turn) {
  if (service_of(url).schemes.empty()) return Error(EACCES, "no credentials go there");
  constexpr std::size_t kScheme = 7;  // "Bearer "
  looked_.lock()->held.refused_at = config_.now();
  auto now = renew(refused.value.substr(std::min(kScheme, refused.value.size())), turn);
  if (!now) return now.error();
  return Grant{bearer(*now->token), identity(*now)};
}

void Credentials::not_taken(const Grant& grant) {
  auto looked = looked_.lock();
  Held& held = looked->held;
  if (held.token && bearer(*held.token) == grant.value) held.not_taken = held.token->value;
}

// Gets a token in place of `refused`, unless somebody else just has.
Result<Credentials::Held> Credentials::renew(const std::string& refused, Lane::Turn& turn) {
  std::unique_lock one(renewing_, std::defer_lock);
  std::optional<Turn::Waiting> waiting(turn);
  // Until a time of the system's clock: the other form is a call that g++ 12's ThreadSanitizer does not know.
  while (!one.try_lock_until(std::chrono::system_clock::now() + kLookForStop)) {
    if (turn.stop().stop_requested()) return Error(EINTR, "stopped");
  }
  waiting.reset();
  const Held now = held();
  if (valid(now) && now.token->value != refused) return now;
  if (!obtainable(now)) return now.renewal_failure.value_or(Error(EACCES, "the token cannot be renewed"));
  if (now.renewal_failure && recent(now.renewal_failed_at, config_.now(), kRenewalPause))
    return *now.renewal_failure;
  auto token = obtain(now, turn);
  if (!token && token.error().code() == EINTR) return token.error();
  auto looked = looked_.lock();
  Held& held = looked->held;
  if (held.source != now.source || held.user != now.user)
    return Error(EAGAIN, "the login changed meanwhile; try again");
  if (!token) {
    held.renewal_failure = token.error();
    held.renewal_failed_at = config_.now();
    return token.error();
  }
  if (held.command) held.user = clean(token->user);
  if (held.token && held.token->value != token->value) held.former = held.token->value;
  held.token = *std::move(token);
  held.got_at = config_.now();
  held.renewal_failure.reset();
  return held;
}

Result<Token> Credentials::obtain(const Held& held, Lane::Turn& turn) {
  if (held.command) return from_command(turn);
  if (in_keyring(held)) {
    auto kept = from_keyring(held.keyring, turn);
    if (kept || kept.error().code() == EINTR || !held.password || profile_.token_url.empty()) return kept;
  }
  return request_token(http_, profile_, *held.password, config_.now(), turn);
}

Result<Token> Credentials::from_command(Lane::Turn& turn) const {
  std::optional<Turn::Waiting> waiting(turn);
  const auto output = run_command({"/bin/sh", "-c", config_.token_command}, kCommandLimit, turn.stop());
  waiting.reset();
  if (!output) return output.error().at("token_command");
  auto token = parse_token_text(*output);
  if (!token) return Error(EIO, "token_command wrote no token");
  if (token->expires != 0 && token->expires <= config_.now())
    return Error(EIO, "token_command wrote a token that has ended");
  return token;
}

Result<Token> Credentials::from_keyring(const std::string& item, Lane::Turn& turn) const {
  std::optional<Turn::Waiting> waiting(turn);
  const auto content = keyring_.content(item, turn.stop());
  waiting.reset();
  if (!content) {
    if (content.error().code() == EINTR) return content.error();
    const bool again = content.error().code() == ENOENT;  // waiting does not bring it back
    // Not EACCES: that is an answer for good, and a keyring may be unlocked.
    return Error(EAGAIN,
                 "the session is kept in the desktop keyring: " + content.error().what() +
                     (again ? "; run `esofs login`" : "; unlock it, or run `esofs login --no-keyring`"));
  }
  const auto session = parse_session(*content);
  if (!session || !session->keyring.empty())
    return Error(EAGAIN, "the desktop keyring holds no session of esofs there; run `esofs login`");
  if (!belongs_to(*session, profile_))
    return Error(
        EAGAIN, "the session in the desktop keyring was made for other servers: not used; run `esofs login`");
  return session->token;
}

}  // namespace esofs::client
