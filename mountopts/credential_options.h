// From the options to what the layers below are made with: client::Credentials, for mounts and for `esofs login` alike,
// requests and the cache of content.
#pragma once

#include <string>

#include "cache/content/file_cache.h"
#include "client/base/result.h"
#include "client/http/http.h"
#include "client/login/as_user.h"
#include "client/login/credentials.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// Of the program through which the desktop's keyring is asked: beside this one.
std::string keyring_program();

client::Credentials::Config credentials_config(const Options& options);

// Of another user of this machine, whose environment nobody knows: what is in his home directory by default.
client::Credentials::Config caller_credentials(const Options& options, const client::Account& account);

// Whether the files of the options credentials and token_file are there and can be read. ENOENT, EACCES … with the option's
// name. Whether they are safe to use is looked at whenever they are read.
Result<void> check_credential_files(const Options& options);

client::HttpSettings http_settings(const Options& options);

cache::FileCache::Config file_cache_config(const Options& options);

}  // namespace esofs::mountopts
