#include "mountopts/commands/login_command.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <iostream>
#include <stop_token>
#include <string_view>
#include <system_error>
#include <utility>

#include "client/base/iso_time.h"
#include "client/base/lane.h"
#include "client/base/pause.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/login/kept_session.h"
#include "client/login/keyring.h"
#include "client/login/secret_file.h"
#include "client/login/token.h"
#include "client/model/profile.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/credential_options.h"
#include "mountopts/merged_options.h"
#include "mountopts/mount_table.h"
#include "mountopts/probe.h"
#include "mountopts/slow_steps.h"

namespace esofs::mountopts {
namespace {

constexpr std::chrono::milliseconds kMountsLook{1500};
constexpr char kInterrupt = 3;  // Ctrl-C, which is a character while no signal is made of it

// While it lives, what is typed is not shown, and a Ctrl-C ends a line.
class NoEcho {
 public:
  NoEcho() : changed_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!changed_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ISIG);  // a signal would leave the terminal without echo
    quiet.c_cc[VEOL] = kInterrupt;
    (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
  }
  ~NoEcho() {
    if (changed_) (void)::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_);
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;

 private:
  termios before_{};
  const bool changed_;
};

// A line: up to its end, a Ctrl-C, or the end of the input.
std::string typed() {
  std::string line;
  for (char c = 0; ::read(STDIN_FILENO, &c, 1) == 1 && c != '\n';) {
    line += c;
    if (c == kInterrupt) break;
  }
  return line;
}

Result<std::string> asked(const std::string& question, bool shown) {
  std::string answer;
  if (::isatty(STDIN_FILENO) == 1) {
    std::cerr << question << ": " << std::flush;
    if (shown) {
      std::getline(std::cin, answer);
    } else {
      const NoEcho quiet;
      answer = typed();
      std::cerr << '\n';
    }
  } else {
    std::getline(std::cin, answer);
  }
  if (!answer.empty() && answer.back() == '\r') answer.pop_back();
  if (answer.find(kInterrupt) != std::string::npos) return Error(EINTR, "interrupted");
  if (answer.empty()) return Error(EINVAL, "no " + question + " was given");
  return answer;
}

struct Place {
  Options options;
  client::Profile profile;
};

Result<Place> place_of(const LoginCommand& command) {
  auto options = merged_options(command.options);
  if (!options) return options.error();
  auto profile = profile_of(command.archive, *options);
  if (!profile) return profile.error();
  return Place{*std::move(options), *std::move(profile)};
}

std::int64_t now() { return static_cast<std::int64_t>(std::time(nullptr)); }

std::string until(const client::Token& token) {
  return token.expires > 0 ? " until " + client::iso_time_text(token.expires) : "";
}

// Keeps the session and returns where. It replaces one that was kept before, wherever that was.
Result<std::string> keep(const std::filesystem::path& file, const client::KeptSession& session,
                         const client::Profile& profile, bool keyring) {
  const client::Keyring desktop(keyring_program());
  const client::Keyring::Item item{client::Keyring::new_id(), file.string(),
                                   "esofs: " + session.token.user + " at " + profile.title};
  std::string reason;
  if (keyring) {
    auto there = desktop.keep(item, client::session_text(session), std::stop_token());
    // On servers there is no desktop: not worth a word. A desktop that refuses the session is.
    if (!there && there.error().code() != ENOTSUP) reason = " (" + there.error().what() + ")";
    keyring = there.has_value();
  }
  client::KeptSession told = session;
  if (keyring) {
    told.keyring = item.id;
    told.token.value.clear();
  }
  const auto before = client::kept_session(file);
  if (auto kept = client::keep_session(file, told); !kept) return kept.error();
  if (keyring || (before && !before->keyring.empty()))
    (void)desktop.clear(item.owner, keyring ? item.id : "", std::stop_token());
  return keyring ? "the desktop keyring" : file.string() + reason;
}

// Whether a mount looks for sessions where they are kept now.
bool shares_sessions(const MountEntry& mount, const Options& options) {
  const auto text = Probe(read_whole_file, mount.mountpoint + "/.esofs/config.json").answer(probe_deadline());
  const auto config = nlohmann::json::parse(text ? *text : std::string(), nullptr, false);
  return config.is_object() && config.value("state_dir", "") == options.state_dir.string();
}

// Mounts look for another login once a second. Waits until those of this archive use the session, so that the next command of
// a script finds it; returns their places.
std::vector<std::string> mounts_that_use(const client::Token& token, const client::Profile& profile,
                                         const Options& options) {
  using std::chrono::steady_clock;
  std::vector<std::string> users;
  auto mounts = esofs_mounts();
  if (!mounts) return users;
  std::erase_if(*mounts, [&options](const MountEntry& mount) { return !shares_sessions(mount, options); });
  const std::string ends = token.expires > 0 ? client::iso_time_text(token.expires) : "";
  for (const auto limit = steady_clock::now() + kMountsLook;
       !mounts->empty() && steady_clock::now() < limit;) {
    const auto statuses = read_mount_statuses(*mounts);
    std::vector<MountEntry> pending;
    for (std::size_t i = 0; i < mounts->size(); ++i) {
      if (!statuses[i] || statuses[i]->document.value("title", "") != profile.title) continue;
      const auto login = statuses[i]->document.value("login", nlohmann::json::object());
      const std::string source = login.value("source", "");
      if (!source.empty() && source != client::kLoginSource) continue;
      const bool used = login.value("state", "") == "logged in" && login.value("until", "") == ends &&
                        (token.user.empty() || login.value("user", "") == token.user);
      if (used) {
        users.push_back((*mounts)[i].mountpoint);
      } else {
        pending.push_back((*mounts)[i]);
      }
    }
    *mounts = std::move(pending);
    if (!mounts->empty()) (void)pause(std::chrono::milliseconds(30), std::stop_token());
  }
  return users;
}

}  // namespace

Result<void> run_login(const LoginCommand& command) {
  client::guard_memory();
  auto place = place_of(command);
  if (!place) return place.error();
  const auto& [options, profile] = *place;
  if (profile.token_url.empty() || profile.credential_hosts.empty())
    return Error(ENOTSUP,
                 profile.title + " has no login service that esofs knows of: mount with -o credentials=FILE");
  if (!client::may_travel(profile.token_url, options.plain_http_credentials))
    return Error(EACCES, client::shown_url(profile.token_url) +
                             ": the password is not sent without TLS (-o plain_http_credentials)");
  client::NamePassword who;
  who.name = command.user;
  if (who.name.empty()) {
    if (::isatty(STDIN_FILENO) != 1) return Error(EINVAL, "who logs in? Give --user NAME");
    auto name = asked("user name at " + profile.title, true);
    if (!name) return name.error();
    who.name = *std::move(name);
  }
  auto password = asked("password of " + who.name, false);
  if (!password) return password.error();
  who.password = *std::move(password);
  client::HttpClient http(http_settings(options));
  Lane::Turn turn{std::stop_token()};
  SlowSteps steps;
  steps.step("waiting for the answer of " + client::shown_url(profile.token_url));
  auto token = client::request_token(http, profile, who, now(), turn);
  if (!token) return token.error();
  const client::KeptSession session{*token, profile.name, profile.token_url, profile.credential_hosts};
  steps.step("keeping the session");
  auto place_kept = keep(client::session_file(options.state_dir, profile), session, profile, command.keyring);
  if (!place_kept) return place_kept.error().at("the session cannot be kept");
  std::cout << who.name << " is logged in at " << profile.title << until(*token) << '\n'
            << "kept in " << *place_kept << '\n'
            << std::flush;
  steps.step("waiting for the mounts of " + profile.title + " to use it");
  for (const auto& mountpoint : mounts_that_use(*token, profile, options))
    std::cout << "used by " << mountpoint << '\n';
  return {};
}

Result<void> run_logout(const LoginCommand& command) {
  auto place = place_of(command);
  if (!place) return place.error();
  const auto file = client::session_file(place->options.state_dir, place->profile);
  const auto session = client::kept_session(file);
  const bool in_keyring = session && !session->keyring.empty();
  const bool was = ::unlink(file.c_str()) == 0;
  if (!was && errno != ENOENT)
    return Error(errno, file.string() + ": " + std::generic_category().message(errno));
  // Mounts look at the file, so they know by now. The keyring may also hold a session of an earlier logout that could not
  // reach it.
  const auto cleared = client::Keyring(keyring_program()).clear(file.string(), "", std::stop_token());
  if (in_keyring && !cleared)
    return Error(cleared.error().code(), "logged out at " + place->profile.title +
                                             ", but the session stays in the keyring until it ends: " +
                                             cleared.error().what() + "; run `esofs logout` once more then");
  std::cout << (was ? "logged out at " : "nobody was logged in at ") << place->profile.title << '\n';
  return {};
}

std::string sessions_text(const std::vector<std::string>& words) {
  const auto options = merged_options(words);
  if (!options) return {};
  std::vector<std::filesystem::path> files;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(options->state_dir / "sessions", failed)) {
    if (entry.path().extension() == ".json" && !entry.path().filename().string().starts_with('.'))
      files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::string text;
  for (const auto& file : files) {
    const auto session = client::kept_session(file);
    if (!session) {
      text += "login: " + session.error().what() + '\n';
      continue;
    }
    const auto& token = session->token;
    const bool ended = token.expires > 0 && token.expires <= now();
    text += "login: " + token.user + " at " + session->archive +
            (ended ? ", ended " + client::iso_time_text(token.expires) + ": run `" +
                         login_command(session->archive) + "`"
                   : until(token)) +
            (session->keyring.empty() ? "" : ", kept in the desktop keyring") + '\n';
  }
  return text;
}

}  // namespace esofs::mountopts
