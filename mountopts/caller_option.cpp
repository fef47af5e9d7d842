#include "mountopts/caller_option.h"

#include <cerrno>
#include <string>

namespace esofs::mountopts {

Result<void> check_caller_identity(const Options& options, const client::Profile& profile, uid_t user) {
  if (!options.caller_identity) return {};
  const auto refused = [](const std::string& option, const std::string& why) {
    return Error(EINVAL, "identity=caller and " + option + " exclude each other: " + why);
  };
  const std::string own =
      "it is one login for all users, and identity=caller means that each user has his own";
  if (!options.credentials.empty()) return refused("credentials", own);
  if (!options.token_file.empty()) return refused("token_file", own);
  if (!options.token_command.empty()) return refused("token_command", own);
  if (options.authorised_tap)
    return refused("authorised_tap", "all users see the same listings, so they must be public ones");
  if (options.share_private)
    return refused("share_private", "the mounting user has no login that could be shared");
  if (!options.allow_other)
    return Error(EINVAL, "identity=caller needs allow_other: without it no other user reaches the mount");
  if (user != 0)
    return Error(EPERM,
                 "identity=caller needs a mount by root: nobody else can read the logins of other users");
  if (profile.credential_hosts.empty())
    return Error(ENOTSUP, "identity=caller: the profile " + profile.name +
                              " names no credential_hosts, so nobody can be logged in");
  return {};
}

}  // namespace esofs::mountopts
