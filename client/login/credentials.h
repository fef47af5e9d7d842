// Credentials: the user who is logged in at an archive, and what is sent to each of its services.
//
// LoginSources reads the source of a login; login_state.h has its states. A password or a command renews a token ten minutes
// before it ends, or when it is refused. Files are checked again every second, so that a running mount notices a login or
// logout. A session in a desktop's keyring is read when its token is first needed, and stays in memory. While the keyring is
// locked or does not answer, its user stays logged in (nothing private becomes public), but nothing is sent.
//
//   shapes   an identity is the user's name, or the source of a token that does not name its user. It is "" as soon as
//            nothing valid is held; then nothing that is cached under an identity can be read
//   errors   a file that others can read is not used; the sentence says so in status(), notice() and advice()
//   threads  thread-safe; one renewal at a time, for which all others that need it wait
//   source   client/ESO.md, "Login"; client/README.md, "Credentials"
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/base/clock.h"
#include "client/base/guarded.h"
#include "client/http/authoriser.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/login/keyring.h"
#include "client/login/login_sources.h"
#include "client/login/login_state.h"
#include "client/login/secret_file.h"
#include "client/login/token.h"
#include "client/model/profile.h"

namespace esofs::client {

class Credentials : public Authoriser {
 public:
  struct Config : LoginSources::Config {
    std::string keyring_program;                // esofs-keyring; "": no desktop's keyring can be asked
    std::string login_command = "esofs login";  // what logs in at this archive, for people
    bool authorised_tap = false;                // TAP carries the token
    bool plain_http = false;                    // credentials may go over http to other machines
    // A token is renewed this long before it ends; a shorter-lived one after half its life.
    std::chrono::seconds early{600};
    // A 401 renews a token at most once in this time: a second one means that the user lacks access.
    std::chrono::seconds settled{60};
    std::chrono::milliseconds look_again{1000};          // at which the files are checked
    std::function<std::int64_t()> now = system_seconds;  // since 1970
  };

  // http: for the token service; its authoriser is not used.
  Credentials(Config config, Profile profile, HttpSettings http);

  std::string user() override;
  std::string identity_for(const std::string& url) override;
  std::string secured(const std::string& url) override;
  Result<std::optional<Grant>> grant(const std::string& url, Lane::Turn& turn) override;
  bool renewable(const Grant& refused) override;
  Result<Grant> renewed(const std::string& url, const Grant& refused, Lane::Turn& turn) override;
  void not_taken(const Grant& grant) override;
  std::string advice(const std::string& url) override;
  std::string without_secrets(std::string text) override;

  // Checks the files, if it is time. Blocks on their disk, which may hang. For another user (Config::owner) no other
  // function checks them.
  void look();

  enum class State { kNobody, kLoggedIn, kExpired, kRefused, kUnreachable };
  struct Status {
    State state = State::kNobody;
    std::string user;          // "" if nobody is logged in, or the token does not name its user
    std::string source;        // "esofs login", "/home/me/.netrc", …
    std::string kept;          // where `esofs login` keeps it: a file, or "the desktop keyring"
    std::int64_t expires = 0;  // seconds since 1970; 0: never, or unknown
    bool renews = false;       // without the user
    std::string problem;       // a sentence; ""
  };
  Status status();
  // What a user should see at once: a session that has ended, a file that is not used.
  std::optional<std::string> notice();

 private:
  using LoginPtr = std::shared_ptr<const HeldLogin>;
  struct Looked {
    std::chrono::steady_clock::time_point at;
    std::vector<FileStamp> stamps;
    bool ever = false;
    LoginPtr login = std::make_shared<HeldLogin>();  // never null
  };
  struct Service {
    std::vector<std::string> schemes;
    bool tap = false;
  };
  // The URLs below `top`.
  struct Place {
    UrlPlace top;
    Service service;
  };

  LoginPtr looked_up();  // calls look() first, except for another user's files
  LoginPtr happened(const LoginEvent& event, const HeldLogin* to = nullptr);

  static std::vector<Place> places_of(const Config& config, const Profile& profile);
  Service service_of(const std::string& url) const;
  LoginState state(const HeldLogin& login) const { return state_of(login, config_.now()); }
  bool due(const HeldLogin& login) const;  // the token ends soon, or is missing
  bool usable(const HeldLogin& login, const Service& service) const;
  Result<Token> obtain(const HeldLogin& login, Lane::Turn& turn);
  Result<Token> from_command(Lane::Turn& turn) const;
  Result<Token> from_keyring(const std::string& item, Lane::Turn& turn) const;
  Result<LoginPtr> renew(const std::string& refused, Lane::Turn& turn);

  const Config config_;
  const Profile profile_;
  const std::vector<Place> places_;  // of the profile; a service without schemes receives no credentials
  const LoginSources sources_;
  const Keyring keyring_;
  HttpClient http_;
  std::timed_mutex renewing_;  // held over a renewal; taken before looked_
  Guarded<Looked> looked_;
};

// "logged in", "expired" …, for status.json.
std::string state_name(Credentials::State state);

}  // namespace esofs::client
