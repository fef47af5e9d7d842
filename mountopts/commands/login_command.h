// `esofs login`, `esofs logout`, and what `esofs status` says of sessions.
//
//   errors   EACCES: the name or the password is wrong; ENOTSUP: the archive has no login service; EINVAL: no name or no
//            password came
//   threads  the main thread
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct LoginCommand {
  std::string archive = "eso";
  std::string user;                  // "": asked for at the terminal
  bool keyring = true;               // the session goes to the desktop's keyring, if one runs
  std::vector<std::string> options;  // of -o
};

// Takes the password from the terminal, without echo, or from the first line of standard input. Keeps the session for mounts:
// in the desktop's keyring if one runs and is unlocked, else in a file.
Result<void> run_login(const LoginCommand& command);
// Forgets the session, or says that there was none.
Result<void> run_logout(const LoginCommand& command);

// A line for each session that is kept; "" if there is none.
std::string sessions_text(const std::vector<std::string>& options);

}  // namespace esofs::mountopts
