// What a mount tells of itself in .esofs/status.json, as `esofs status` and `esofs unmount` read it.
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include <string>

#include "client/base/result.h"

namespace esofs::mountopts {

struct MountStatus {  // NOLINT(bugprone-exception-escape): of moving JSON
  pid_t pid = 0;
  nlohmann::json document;
};

// Reads <mountpoint>/.esofs/status.json. ENOTCONN: the daemon has died. EBADMSG: not what esofs writes. ETIMEDOUT: the
// daemon does not answer.
Result<MountStatus> read_mount_status(const std::string& mountpoint);

// The status as lines for a terminal.
std::string status_text(const std::string& mountpoint, const MountStatus& status);

}  // namespace esofs::mountopts
