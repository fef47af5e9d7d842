#include "client/login/login_sources.h"

#include <cerrno>
#include <functional>
#include <utility>

#include "client/http/url.h"
#include "client/login/kept_session.h"
#include "client/login/netrc.h"

namespace esofs::client {

std::vector<FileStamp> LoginSources::stamps() const {
  std::vector<FileStamp> stamps;
  for (const auto& path :
       {std::filesystem::path(config_.token_file), std::filesystem::path(config_.netrc),
        session_file(config_.state_dir, profile_), std::filesystem::path(config_.home_netrc)})
    stamps.push_back(path.empty() ? FileStamp() : stamp_of(path));
  return stamps;
}

HeldLogin LoginSources::read() const {
  HeldLogin login;
  if (config_.token_command.empty()) {
    login = from_files();
  } else {
    login.source = "token_command";
    login.renewal = Renewal::kCommand;
    guard_memory();
  }
  if (login.password && !profile_.token_url.empty()) login.renewal = Renewal::kPassword;
  // The name comes from a file that the user can edit, so the uid is appended to keep identities distinct.
  login.identity = name(login);
  if (config_.owner && !login.identity.empty())
    login.identity += " of uid " + std::to_string(config_.owner->uid);
  return login;
}

HeldLogin LoginSources::from_files() const {
  HeldLogin login;
  if (!config_.token_file.empty()) {
    read_token_file(login);
  } else if (!config_.netrc.empty()) {
    read_netrc(login, config_.netrc, true);
  } else {
    read_session(login);
    read_netrc(login, config_.home_netrc, false);
  }
  return login;
}

void LoginSources::read_token_file(HeldLogin& login) const {
  login.source = config_.token_file;
  auto text = read_secret_file(config_.token_file);
  auto token = text ? parse_token_text(*text) : Result<Token>(text.error());
  if (!token) {
    login.problem = text ? token.error().at(config_.token_file) : text.error();
    return;
  }
  login.user = plain_name(token->user);
  login.token = HeldToken{*std::move(token)};
}

std::vector<std::string> LoginSources::netrc_hosts() const {
  std::vector<std::string> hosts{origin_of(profile_.token_url).host};
  hosts.insert(hosts.end(), profile_.credential_hosts.begin(), profile_.credential_hosts.end());
  return hosts;
}

void LoginSources::read_netrc(HeldLogin& login, const std::string& path, bool explicitly) const {
  if (path.empty() || profile_.credential_hosts.empty()) return;
  auto text = read_secret_file(path, owner());
  if (!text) {
    // A ~/.netrc that is not there, or another's, matters only if nobody else is logged in.
    if (explicitly || (login.source.empty() && text.error().code() == EACCES)) {
      login.problem = text.error();
      if (explicitly) login.source = path;
    }
    return;
  }
  const auto entry = find_netrc(parse_netrc(*text), netrc_hosts(), explicitly);
  if (!entry) {
    if (!explicitly) return;
    login.source = path;
    login.problem = Error(ENOENT, path + " has no name and password for " + netrc_hosts().back());
    return;
  }
  const std::string user = plain_name(entry->login);
  if (login.source.empty()) {
    login.source = path;
    login.user = user;
  } else if (login.user != user) {
    return;
  }
  login.password = NamePassword{entry->login, entry->password};
  login.problem.reset();
}

void LoginSources::read_session(HeldLogin& login) const {
  const auto file = session_file(config_.state_dir, profile_);
  auto session = kept_session(file, owner());
  if (!session) {
    if (session.error().code() == ENOENT) return;
    login.source = kLoginSource;
    login.problem = session.error();
    return;
  }
  if (!belongs_to(*session, profile_)) {
    login.problem = Error(EACCES, "the session in " + file.string() +
                                      " was made for other servers: not used; run `esofs login` again");
    return;
  }
  login.source = kLoginSource;
  login.user = plain_name(session->token.user);
  if (config_.owner && !session->keyring.empty()) {
    login.problem =
        Error(EACCES, "the session of uid " + std::to_string(config_.owner->uid) +
                          " is in a desktop keyring, which opens for its own user only: not used");
    return;
  }
  if (session->keyring.empty())
    login.token = HeldToken{session->token};
  else
    login.keyring = KeyringItem{session->keyring, session->token.expires};
}

std::optional<uid_t> LoginSources::owner() const {
  return config_.owner ? std::optional(config_.owner->uid) : std::nullopt;
}

std::string LoginSources::name(const HeldLogin& login) const {
  // Known before the command has run for the first time, and the same afterwards.
  if (login.renewal == Renewal::kCommand)
    return "token_command " + std::to_string(std::hash<std::string>()(config_.token_command));
  if (!login.user.empty()) return login.user;
  return login.source.empty() ? std::string() : "the user of " + login.source;
}

}  // namespace esofs::client
