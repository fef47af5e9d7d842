#include "mountopts/credential_options.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

namespace esofs::mountopts {

std::string keyring_program() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::string() : (self.parent_path() / "esofs-keyring").string();
}

client::Credentials::Config credentials_config(const Options& options) {
  client::Credentials::Config config;
  config.state_dir = options.state_dir;
  config.netrc = options.credentials.string();
  // Read before there is any other thread.
  const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
  if (home != nullptr && home[0] == '/') config.home_netrc = std::string(home) + "/.netrc";
  config.token_file = options.token_file.string();
  config.token_command = options.token_command;
  config.keyring_program = keyring_program();
  config.authorised_tap = options.authorised_tap;
  config.plain_http = options.plain_http_credentials;
  return config;
}

std::string lasting_archive(const std::string& archive) {
  std::error_code failed;
  const bool may_be_file =
      archive.find('/') != std::string::npos || archive.find(".json") != std::string::npos;
  if (!may_be_file || !std::filesystem::is_regular_file(archive, failed)) return archive;
  return std::filesystem::absolute(archive, failed).lexically_normal().string();
}

std::string login_command(const std::string& archive) {
  return archive == "eso" ? "esofs login" : "esofs login " + lasting_archive(archive);
}

client::Credentials::Config caller_credentials(const Options& options, const client::Account& account) {
  client::Credentials::Config config;
  config.owner = account;
  config.state_dir = std::filesystem::path(account.home) / ".local/state/esofs";
  config.home_netrc = account.home + "/.netrc";
  config.plain_http = options.plain_http_credentials;
  return config;
}

Result<void> check_credential_files(const Options& options) {
  for (const auto& [name, path] :
       {std::pair("credentials", &options.credentials), std::pair("token_file", &options.token_file)}) {
    if (path->empty()) continue;
    if (::access(path->c_str(), R_OK) != 0)
      return Error(EINVAL, "option '" + std::string(name) + "': " + path->string() + ": " +
                               std::generic_category().message(errno));
  }
  return {};
}

client::HttpSettings http_settings(const Options& options) {
  client::HttpSettings settings;
  settings.limits.connect = options.connect_timeout;
  settings.limits.first_byte = options.first_byte_timeout;
  settings.limits.stall = options.stall_timeout;
  settings.limits.attempts = options.attempts;
  settings.cutout = options.cutout_timeout;
  settings.proxy = options.proxy;
  settings.ca_file = options.cacert;
  settings.user_agent = "esofs/" ESOFS_VERSION;
  settings.offline = options.offline;
  return settings;
}

cache::FileCache::Config file_cache_config(const Options& options) {
  cache::FileCache::Config config;
  // Without a network nothing can be asked again, and what is kept stays readable.
  if (options.offline) config.revalidate_after = std::chrono::seconds::max();
  config.directory = options.cache_dir / "content";
  config.max_bytes = options.cache_size;
  config.reserve_bytes = options.cache_reserve;
  config.unpack = options.unpack;
  config.memory_bytes = options.memory;
  config.read_ahead_bytes = options.prefetch;
  return config;
}

}  // namespace esofs::mountopts
