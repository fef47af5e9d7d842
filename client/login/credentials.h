// Credentials: who is logged in at an archive, and what each of its services is shown of it.
//
// The source of a login is read by LoginSources, its states are those of login_state.h. A password or a command renews a token
// ten minutes before it ends, or when it is refused. Files are looked at again every second, so that a login or logout reaches
// a mount that runs. A session that a desktop's keyring holds is taken from there when its token is first needed, and stays in
// memory; while the keyring cannot be asked, or is locked, its user counts (nothing private becomes public), but nothing is
// sent.
//
//   shapes   an identity is the user's name, or, of a token that does not tell it, where the token comes from. It is "" as
//            soon as nothing valid is held: what is cached under an identity is then out of reach
//   errors   a file that others can read is not used; the sentence says so in status(), notice() and advice()
//   threads  thread-safe; one renewal at a time, everybody else who needs it waits for it
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
    std::string keyring_program;  // esofs-keyring; "": no desktop's keyring can be asked
    bool authorised_tap = false;  // TAP carries the token
    bool plain_http = false;      // credentials may go over http to other machines
    // A token is renewed so long before it ends; one that had no longer to live when it came, after half of that.
    std::chrono::seconds early{600};
    // A 401 renews a token no sooner than so long after the last one that did: rights are missing then.
    std::chrono::seconds settled{60};
    std::chrono::milliseconds look_again{1000};          // at the files
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

  // Looks at the files, if it is time. Blocks on the disk that they are on, which may hang. Of another user (Config::owner)
  // nothing else does.
  void look();

  enum class State { kNobody, kLoggedIn, kExpired, kRefused, kUnreachable };
  struct Status {
    State state = State::kNobody;
    std::string user;          // "" where nobody is, or the token does not tell
    std::string source;        // "esofs login", "/home/me/.netrc", …
    std::string kept;          // of "esofs login": the file, or "the desktop keyring"
    std::int64_t expires = 0;  // seconds since 1970; 0: never, as far as is known
    bool renews = false;       // by itself
    std::string problem;       // a sentence; ""
  };
  Status status();
  // What a user should be told at once: a session that has ended, a file that is not used.
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

  LoginPtr looked_up();  // after a look(), unless they are another user's files
  LoginPtr happened(const LoginEvent& event, const HeldLogin* to = nullptr);

  static std::vector<Place> places_of(const Config& config, const Profile& profile);
  Service service_of(const std::string& url) const;
  LoginState state(const HeldLogin& login) const { return state_of(login, config_.now()); }
  bool due(const HeldLogin& login) const;  // the token ends soon, or there is none
  bool usable(const HeldLogin& login, const Service& service) const;
  Result<Token> obtain(const HeldLogin& login, Lane::Turn& turn);
  Result<Token> from_command(Lane::Turn& turn) const;
  Result<Token> from_keyring(const std::string& item, Lane::Turn& turn) const;
  Result<LoginPtr> renew(const std::string& refused, Lane::Turn& turn);

  const Config config_;
  const Profile profile_;
  const std::vector<Place>
      places_;  // of the profile; of those that are shown nothing, the service has no schemes
  const LoginSources sources_;
  const Keyring keyring_;
  HttpClient http_;
  std::timed_mutex renewing_;  // held over a renewal; taken before looked_
  Guarded<Looked> looked_;
};

// "logged in", "expired" …, for status.json.
std::string state_name(Credentials::State state);

}  // namespace esofs::client
