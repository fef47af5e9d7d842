// LoginSources: where a login is read from. Only the first source that exists is used: token_command, token_file,
// a netrc file of -o credentials, the session that `esofs login` keeps, ~/.netrc. A netrc file of the same user also gives a
// password to the session.
//
//   errors   a file that others can read is not used: HeldLogin::problem says so
//   threads  thread-safe; blocks on the disk that the files are on
//   source   client/README.md, "Credentials"
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "client/login/as_user.h"
#include "client/login/login_state.h"
#include "client/login/secret_file.h"
#include "client/model/profile.h"

namespace esofs::client {

class LoginSources {
 public:
  struct Config {
    // Another user of this machine, who is to be logged in: only the session and ~/.netrc are read, and only if they belong to
    // that user; identities end in " of uid N". REQUIRES: read() and stamps() are called as that user (AsUser).
    std::optional<Account> owner = {};
    std::filesystem::path state_dir;  // where `esofs login` keeps sessions
    std::string netrc;                // -o credentials; "" none
    std::string home_netrc;           // ~/.netrc; "" none
    std::string token_file;           // "" none
    std::string token_command;        // for /bin/sh; "" none
  };

  // profile outlives it.
  LoginSources(Config config, const Profile& profile) : config_(std::move(config)), profile_(profile) {}

  // Equal as long as no file has changed.
  std::vector<FileStamp> stamps() const;
  HeldLogin read() const;

 private:
  HeldLogin from_files() const;
  void read_token_file(HeldLogin& login) const;
  void read_netrc(HeldLogin& login, const std::string& path, bool explicitly) const;
  void read_session(HeldLogin& login) const;
  std::vector<std::string> netrc_hosts() const;
  std::string name(const HeldLogin& login) const;
  std::optional<uid_t> owner() const;

  const Config config_;
  const Profile& profile_;
};

}  // namespace esofs::client
