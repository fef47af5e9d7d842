// KeptSession: what `esofs login` leaves for mounts: one file for each archive, <state>/sessions/<name>.json. If a desktop's
// keyring holds the session, the file names the user, the end and the item, and holds no secret.
//
//   shapes   a session names the hosts of its token: a profile with other hosts does not get it
//   errors   as client/login/secret_file.h; EINVAL for a file of another form
//   threads  plain functions
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/login/token.h"
#include "client/model/profile.h"

namespace esofs::client {

inline constexpr const char* kLoginSource = "esofs login";  // Credentials::Status::source

struct KeptSession {
  Token token;
  std::string archive;             // the profile's name
  std::string token_url;           // of the service that gave it
  std::vector<std::string> hosts;  // which may receive it
  std::string keyring =
      {};  // the item of the desktop's keyring that holds the token, which is "" then; "" none
};

std::filesystem::path session_file(const std::filesystem::path& state_dir, const Profile& profile);

Result<void> keep_session(const std::filesystem::path& file, const KeptSession& session);
// owner: as read_secret_file().
Result<KeptSession> kept_session(const std::filesystem::path& file,
                                 std::optional<uid_t> owner = std::nullopt);

// A session as the text that such a file, or an item of a keyring, holds.
std::string session_text(const KeptSession& session);
Result<KeptSession> parse_session(const std::string& text);

// True if the session's token was made for this archive.
bool belongs_to(const KeptSession& session, const Profile& profile);

}  // namespace esofs::client
