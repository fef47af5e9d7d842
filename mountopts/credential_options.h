// From the options to the settings of the layers below: credentials (for mounts and `esofs login` alike), requests, the cache
// of content.
#pragma once

#include <string>

#include "cache/content/file_cache.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/login/as_user.h"
#include "client/login/credentials.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// The path of esofs-keyring, which lies beside this program; "" if that is unknown.
std::string keyring_program();

client::Credentials::Config credentials_config(const Options& options);

// ARCHIVE as it can be given in any working directory: the absolute path of a profile file; else as it is.
std::string lasting_archive(const std::string& archive);

// "esofs login NAME": what logs in at an archive that was given as ARCHIVE to `esofs mount`.
std::string login_command(const std::string& archive);

// For another user of this machine, whose environment is unknown: the default places in the home directory count.
client::Credentials::Config caller_credentials(const Options& options, const client::Account& account);

// Whether the files of the options credentials and token_file are there and can be read. ENOENT, EACCES …
// with the option's name. Whether they are safe to use is looked at whenever they are read.
Result<void> check_credential_files(const Options& options);

client::HttpSettings http_settings(const Options& options);

cache::FileCache::Config file_cache_config(const Options& options);

}  // namespace esofs::mountopts
