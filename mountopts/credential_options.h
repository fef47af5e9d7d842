// From the options to client::Credentials, for mounts and for `esofs login` alike.
#pragma once

#include <string>

#include "client/credentials.h"
#include "client/http.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// Of the program through which the desktop's keyring is asked: beside this one.
std::string keyring_program();

client::Credentials::Config credentials_config(const Options& options);

client::HttpSettings http_settings(const Options& options);

}  // namespace esofs::mountopts
