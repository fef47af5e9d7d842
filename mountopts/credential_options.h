// From the options to client::Credentials, for mounts and for `esofs login` alike.
#pragma once

#include "client/credentials.h"
#include "client/http.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

client::Credentials::Config credentials_config(const Options& options);

client::HttpSettings http_settings(const Options& options);

}  // namespace esofs::mountopts
