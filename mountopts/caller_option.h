// What `identity=caller` needs of the other options, of the mounting user, and of the archive.
#pragma once

#include <sys/types.h>

#include "client/base/result.h"
#include "client/model/profile.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// EINVAL, EPERM or ENOTSUP with a sentence that names the options. user: the mounting one.
Result<void> check_caller_identity(const Options& options, const client::Profile& profile, uid_t user);

}  // namespace esofs::mountopts
