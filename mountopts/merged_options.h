// The options that hold for a command: defaults, then config.json of the configuration directory, then -o.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/model/profile.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// words: the arguments of -o. EINVAL for what the table does not know; EACCES, EIO … of config.json.
Result<Options> merged_options(const std::vector<std::string>& words);

// The profile of ARCHIVE as the command line gives it. EINVAL for a name that is not known and for a profile that is wrong.
Result<client::Profile> profile_of(const std::string& archive, const Options& options);

}  // namespace esofs::mountopts
