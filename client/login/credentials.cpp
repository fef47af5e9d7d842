#include "client/login/credentials.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>
#include <variant>

#include "client/base/iso_time.h"
#include "client/http/url.h"
#include "client/login/kept_session.h"
#include "client/login/run_command.h"

namespace esofs::client {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds kCommandLimit{60};
constexpr std::chrono::seconds kRenewalPause{
    10};  // after a failure of the token service, the command or the keyring
constexpr std::chrono::milliseconds kLookForStop{100};

bool holds(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool begins(const std::string& url, const std::string& prefix) {
  return !prefix.empty() && url.rfind(prefix, 0) == 0;
}

std::string bearer(const Token& token) { return "Bearer " + token.value; }

HttpSettings without_authoriser(HttpSettings settings) {
  settings.authoriser = nullptr;
  return settings;
}

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

// Also a part of it, which a cut sentence may end with.
void hide(std::string& text, const std::string& secret) {
  constexpr std::size_t kLeast = 4;  // a shorter one would take words apart
  constexpr std::size_t kTold = 24;  // this much of it counts as the whole
  if (secret.size() < kLeast) return;
  const std::string begin = secret.substr(0, kTold);
  for (auto at = text.find(begin); at != std::string::npos; at = text.find(begin, at)) {
    std::size_t same = begin.size();
    while (same < secret.size() && at + same < text.size() && text[at + same] == secret[same]) ++same;
    text.replace(at, same, "***");
  }
}

constexpr const char* kNotTaken = "the archive does not take it any more";

std::string what_to_do(const Credentials::Status& ended, const std::string& login_command) {
  return ended.source == kLoginSource ? ": run `" + login_command + "`"
                                      : ": renew the token in " + ended.source;
}

Credentials::State shown(const LoginState& state, const HeldLogin& login) {
  using State = Credentials::State;
  struct Name {
    const HeldLogin& login;
    State operator()(const Nobody&) const { return State::kNobody; }
    State operator()(const SourceRefused&) const { return State::kRefused; }
    State operator()(const Expired&) const { return State::kExpired; }
    State operator()(const PasswordOnly&) const { return State::kLoggedIn; }
    State operator()(const Obtainable& is) const {
      if (!is.failing) return State::kLoggedIn;
      return login.token ? State::kExpired : State::kRefused;
    }
    State operator()(const InKeyring& is) const {
      return is.unreachable ? State::kUnreachable : State::kLoggedIn;
    }
    State operator()(const TokenHeld&) const { return State::kLoggedIn; }
  };
  return std::visit(Name{login}, state);
}

}  // namespace

Credentials::Credentials(Config config, Profile profile, HttpSettings http)
    : config_(std::move(config)),
      profile_(std::move(profile)),
      places_(places_of(config_, profile_)),
      sources_(static_cast<const LoginSources::Config&>(config_), profile_),
      keyring_(config_.keyring_program),
      http_(without_authoriser(std::move(http))) {}

// --- the login ---

Credentials::LoginPtr Credentials::looked_up() {
  if (!config_.owner) look();
  return looked_.lock()->login;
}

void Credentials::look() {
  std::vector<FileStamp> old_stamps;
  bool ever = false;
  {
    auto looked = looked_.lock();
    if (looked->ever && steady_clock::now() - looked->at < config_.look_again) return;
    old_stamps = looked->stamps;
    ever = looked->ever;
  }
  std::vector<FileStamp> new_stamps;
  HeldLogin fresh;
  bool changed = false;
  {
    std::optional<AsUser> as;
    if (config_.owner) as.emplace(*config_.owner);
    const bool may = !as || *as;
    if (may) new_stamps = sources_.stamps();
    changed = !ever || new_stamps != old_stamps;
    if (may && changed) fresh = sources_.read();
  }
  if (config_.owner) guard_memory();  // the change of users has lifted it
  auto looked = looked_.lock();
  looked->at = steady_clock::now();
  // Another thread may have looked meanwhile; its result is as new.
  if (changed && looked->stamps == old_stamps && looked->ever == ever) {
    looked->login = std::make_shared<HeldLogin>(reread(std::move(fresh), *looked->login));
    looked->stamps = std::move(new_stamps);
    looked->ever = true;
  }
}

// to: the login that `event` is about; null if another one is held by now. nullptr: to whichever is held.
Credentials::LoginPtr Credentials::happened(const LoginEvent& event, const HeldLogin* to) {
  auto looked = looked_.lock();
  const HeldLogin& held = *looked->login;
  if (to != nullptr && (held.source != to->source || held.user != to->user)) return nullptr;
  looked->login = std::make_shared<HeldLogin>(after(held, event, config_.now()));
  return looked->login;
}

// --- what is sent to a service ---

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

bool Credentials::due(const HeldLogin& login) const {
  if (!login.token) return true;
  if (client::not_taken(login)) return !recent(login.unauthorised_at, config_.now(), config_.settled);
  const std::int64_t ends = login.token->token.expires;
  const std::int64_t got_at = login.token->got_at;
  if (ends == 0) return false;
  const std::int64_t early = config_.early.count();
  const bool short_lived = got_at > 0 && ends - got_at <= early;
  return config_.now() + (short_lived ? (ends - got_at) / 2 : early) >= ends;
}

bool Credentials::usable(const HeldLogin& login, const Service& service) const {
  if (holds(service.schemes, "bearer") && can_bear_token(state(login))) return true;
  return holds(service.schemes, "basic") && login.password && !refused(login);
}

std::string Credentials::user() {
  const auto now = looked_up();
  if (now->source.empty()) return {};  // as for most, and asked for each name of a listing
  return usable(*now, {{"bearer", "basic"}, false}) ? now->identity : std::string();
}

std::string Credentials::identity_for(const std::string& url) {
  const auto now = looked_up();
  if (now->source.empty()) return {};  // the usual case: nothing else is checked
  return usable(*now, service_of(secured(url))) ? now->identity : std::string();
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
  if (!there || looked_up()->source.empty()) return url;
  return "https" + url.substr(4);
}

Result<std::optional<Grant>> Credentials::grant(const std::string& url, Lane::Turn& turn) {
  const Service service = service_of(url);
  if (service.schemes.empty()) return std::optional<Grant>();
  LoginPtr now = looked_up();
  for (const auto& scheme : service.schemes) {
    if (scheme == "basic") {
      if (now->password && usable(*now, service))
        return std::optional(Grant{basic_value(*now->password), now->identity});
      continue;
    }
    if (client::renewable(*now, state(*now)) && due(*now)) {
      auto renewed = renew(now->token ? now->token->token.value : std::string(), turn);
      const bool held = std::holds_alternative<TokenHeld>(state(*now));
      if (renewed) {
        now = *std::move(renewed);
      } else if (renewed.error().code() == EINTR && !held) {
        return renewed.error();
      } else if (!held && service.tap) {  // without the token the answer would look complete and not be
        if (std::holds_alternative<InKeyring>(state(*now))) return Error(EACCES, renewed.error().what());
        return renewed.error();
      } else {
        now = looked_up();
      }
    }
    if (std::holds_alternative<TokenHeld>(state(*now)))
      return std::optional(Grant{bearer(now->token->token), now->identity});
  }
  return std::optional<Grant>();
}

// --- renewal ---

bool Credentials::renewable(const Grant& refused) {
  if (!begins(refused.value, "Bearer ")) return false;
  const auto now = looked_up();
  const auto is = state(*now);
  if (std::holds_alternative<TokenHeld>(is) && bearer(now->token->token) != refused.value) return true;
  return client::renewable(*now, is) && !recent(now->unauthorised_at, config_.now(), config_.settled);
}

Result<Grant> Credentials::renewed(const std::string& url, const Grant& refused, Lane::Turn& turn) {
  if (service_of(url).schemes.empty()) return Error(EACCES, "no credentials go there");
  constexpr std::size_t kScheme = 7;  // "Bearer "
  happened(Unauthorised{});
  auto now = renew(refused.value.substr(std::min(kScheme, refused.value.size())), turn);
  if (!now) return now.error();
  return Grant{bearer((*now)->token->token), (*now)->identity};
}

void Credentials::not_taken(const Grant& grant) {
  constexpr std::string_view bearer = "Bearer ";
  if (begins(grant.value, std::string(bearer))) happened(NotTaken{grant.value.substr(bearer.size())});
}

// Gets a token in place of `refused`, unless another thread just did.
Result<Credentials::LoginPtr> Credentials::renew(const std::string& refused, Lane::Turn& turn) {
  std::unique_lock one(renewing_, std::defer_lock);
  std::optional<Turn::Waiting> waiting(turn);
  // Until a time of the system's clock: the other form is a call that g++ 12's ThreadSanitizer does not know.
  while (!one.try_lock_until(std::chrono::system_clock::now() + kLookForStop)) {
    if (turn.stop().stop_requested()) return Error(EINTR, "stopped");
  }
  waiting.reset();
  const auto now = looked_up();
  const auto is = state(*now);
  if (std::holds_alternative<TokenHeld>(is) && now->token->token.value != refused) return now;
  const auto& failure = now->failure;
  if (!client::renewable(*now, is))
    return failure ? failure->error : Error(EACCES, "the token cannot be renewed");
  if (failure && recent(failure->at, config_.now(), kRenewalPause)) return failure->error;
  auto token = obtain(*now, turn);
  if (!token && token.error().code() == EINTR) return token.error();
  auto login =
      token ? happened(TokenGot{*token}, now.get()) : happened(RenewalFailed{token.error()}, now.get());
  if (!login) return Error(EAGAIN, "the login changed meanwhile; try again");
  if (!token) return token.error();
  return login;
}

Result<Token> Credentials::obtain(const HeldLogin& login, Lane::Turn& turn) {
  if (login.renewal == Renewal::kCommand) return from_command(turn);
  if (std::holds_alternative<InKeyring>(state(login))) {
    auto kept = from_keyring(login.keyring->id, turn);
    if (kept || kept.error().code() == EINTR || login.renewal == Renewal::kNone) return kept;
  }
  return request_token(http_, profile_, *login.password, config_.now(), turn);
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

// --- what users see ---

Credentials::Status Credentials::status() {
  const auto now = looked_up();
  Status status;
  status.user = now->user;
  status.source = now->source;
  status.renews = renews(*now);
  if (now->source == kLoginSource && !now->problem)
    status.kept = now->keyring ? "the desktop keyring" : session_file(config_.state_dir, profile_).string();
  status.expires = now->token ? now->token->token.expires : now->keyring ? now->keyring->until : 0;
  if (now->problem) status.problem = now->problem->what();
  if (now->failure) status.problem = now->failure->error.what();
  if (client::not_taken(*now) && status.problem.empty()) status.problem = kNotTaken;
  status.state = shown(state(*now), *now);
  return status;
}

std::optional<std::string> Credentials::notice() {
  const Status now = status();
  const std::string who = now.user.empty() ? "the user of " + now.source : now.user;
  if (now.state == State::kExpired && now.problem == kNotTaken)
    return "the archive does not take the session of " + who + " any more" +
           what_to_do(now, config_.login_command);
  if (now.state == State::kExpired) {
    std::string text = "the session of " + who + " ended at " + iso_time_text(now.expires);
    if (!now.problem.empty()) text += " and was not renewed (" + now.problem + ")";
    return text + what_to_do(now, config_.login_command);
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
           (now.renews
                ? ""
                : ", or the archive has ended the session (`" + config_.login_command + "` begins another)");
  if (const auto told = notice()) return *told;
  const std::string login = profile_.token_url.empty()
                                ? "give -o credentials=FILE"
                                : "run `" + config_.login_command + "`, or give -o credentials=FILE";
  return "nobody is logged in: " + login + (now.problem.empty() ? "" : " (" + now.problem + ")");
}

std::string Credentials::without_secrets(std::string text) {
  const auto now = looked_.lock()->login;
  std::vector<std::string> secrets{now->former};
  if (now->token) secrets.push_back(now->token->token.value);
  if (now->password) {
    const std::string& password = now->password->password;
    constexpr std::size_t kScheme = 6;  // "Basic "
    secrets.insert(secrets.end(),
                   {password, percent_encoded(password), basic_value(*now->password).substr(kScheme)});
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
