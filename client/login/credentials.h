// Credentials: who is logged in at an archive, and what each of its services is shown of it.
//
// One source counts, the first one that is there: -o token_command, -o token_file, -o credentials (netrc form), the session
// that `esofs login` keeps, ~/.netrc. A password is also what renews a token, ten minutes before it ends or when it is refused.
// Files are looked at again every second, so that a login or logout reaches a mount that runs. A session that a desktop's
// keyring holds is taken from there when its token is first needed, and stays in memory; while the keyring cannot be asked, or
// is locked, its user counts (nothing private becomes public), but nothing is sent.
//
//   shapes   an identity is the user's name, or, of a token that does not tell it, where the token comes from. It is "" as
//            soon as nothing valid is held: what is cached under an identity is then out of reach
//   errors   a file that others can read is not used; the sentence says so in status(), notice() and advice()
//   threads  thread-safe; one renewal at a time, whoever else needs it waits for it
//   source   client/ESO.md, "Login"; client/README.md, "Credentials"
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/base/guarded.h"
#include "client/http/authoriser.h"
#include "client/http/http.h"
#include "client/http/url.h"
#include "client/login/as_user.h"
#include "client/login/keyring.h"
#include "client/login/secret_file.h"
#include "client/login/token.h"
#include "client/model/profile.h"

namespace esofs::client {

class Credentials : public Authoriser {
 public:
  struct Config {
    // Another user of this machine, whose login it is: files are read with that user's rights and only where they are
    // theirs, by look() alone, since their disk may hang. Only the session and ~/.netrc; identities end in " of uid N".
    std::optional<Account> owner = {};
    std::filesystem::path state_dir;  // where `esofs login` keeps sessions
    std::string netrc;                // -o credentials; "" none
    std::string home_netrc;           // ~/.netrc; "" none
    std::string token_file;           // "" none
    std::string token_command;        // for /bin/sh; "" none
    std::string keyring_program;      // esofs-keyring; "": no desktop's keyring can be asked
    bool authorised_tap = false;      // TAP carries the token
    bool plain_http = false;          // credentials may go over http to other machines
    // A token is renewed so long before it ends; one that had no longer to live when it came, after half of that.
    std::chrono::seconds early{600};
    // A 401 renews a token no sooner than so long after the last one that did: rights are missing then.
    std::chrono::seconds settled{60};
    std::chrono::milliseconds look_again{1000};  // at the files
    std::function<std::int64_t()> now;           // seconds since 1970; empty: the system's
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

  // Looks at the files, if it is time. Blocks on the disk that they are on.
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
  struct Held {
    std::string source;  // of Status; "" nobody
    std::string user;
    bool command = false;            // the token comes from token_command
    std::string keyring;             // … or from this item of the desktop's keyring; "" no
    std::int64_t keyring_until = 0;  // when what is in there ends; 0: unknown
    std::optional<Token> token;
    std::int64_t refused_at = 0;           // when a 401 last had the token renewed
    std::int64_t got_at = 0;               // when this process got the token; 0: it did not
    std::string former;                    // the token before, which services may still speak of
    std::string not_taken;                 // a token that the archive does not take any more
    std::optional<NamePassword> password;  // of the same user
    std::optional<Error> problem;          // of the source
    std::optional<Error> renewal_failure;  // of the last attempt
    std::int64_t renewal_failed_at = 0;
  };
  struct Looked {
    std::chrono::steady_clock::time_point at;
    std::vector<FileStamp> stamps;
    bool ever = false;
    Held held;
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

  Held held();  // after a look(), unless they are another user's files
  std::vector<FileStamp> stamps() const;
  Held read(const Held& before) const;
  void read_token_file(Held& held) const;
  void read_netrc(Held& held, const std::string& path, bool explicitly) const;
  void read_session(Held& held) const;
  std::vector<std::string> netrc_hosts() const;

  static std::vector<Place> places_of(const Config& config, const Profile& profile);
  Service service_of(const std::string& url) const;
  static bool dropped(const Held& held);    // the archive does not take the token any more
  bool valid(const Held& held) const;       // holds a token that has not ended
  bool due(const Held& held) const;         // … and ends soon, or there is none
  bool in_keyring(const Held& held) const;  // a token that has not ended is there, and not here yet
  bool by_itself(const Held& held) const;   // a token can be got as often as one is needed
  bool obtainable(const Held& held) const;  // a token can be got
  std::string identity(const Held& held) const;
  std::string name(const Held& held) const;
  std::optional<uid_t> owner() const;
  bool usable(const Held& held, const Service& service) const;
  Result<Token> obtain(const Held& held, Lane::Turn& turn);
  Result<Token> from_command(Lane::Turn& turn) const;
  Result<Token> from_keyring(const std::string& item, Lane::Turn& turn) const;
  Result<Held> renew(const std::string& refused, Lane::Turn& turn);

  const Config config_;
  const Profile profile_;
  const std::vector<Place>
      places_;  // of the profile; of those that are shown nothing, the service has no schemes
  const Keyring keyring_;
  HttpClient http_;
  std::timed_mutex renewing_;  // held over a renewal; taken before looked_
  Guarded<Looked> looked_;
};

// "logged in", "expired" …, for status.json.
std::string state_name(Credentials::State state);

}  // namespace esofs::client
