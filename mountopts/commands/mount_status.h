// What a mount says of itself in .esofs/status.json, as `esofs status` and `esofs unmount` read it.
//
//   errors   ENOTCONN: the daemon has died. ETIMEDOUT: it does not answer. EACCES: another user's mount. EBADMSG: not what
//            esofs writes
#pragma once

#include <sys/types.h>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

#include "client/base/result.h"
#include "mountopts/mount_table.h"

namespace esofs::mountopts {

struct MountStatus {  // NOLINT(bugprone-exception-escape): of moving JSON
  pid_t pid = 0;      // the daemon's number in its own pid namespace, as it says: never to be signalled
  nlohmann::json document;
};

// Reads <mountpoint>/.esofs/status.json, within kProbePatience.
Result<MountStatus> read_mount_status(const std::string& mountpoint);
// All of them at once, within the same time.
std::vector<Result<MountStatus>> read_mount_statuses(const std::vector<MountEntry>& mounts);

// One element of what `esofs status --json` prints: mountpoint, archive as given to mount, state ("mounted", "dead",
// "silent", "another user's", "unknown"), and what the mount says of itself.
nlohmann::ordered_json status_json(const MountEntry& mount, const Result<MountStatus>& status);

// The status as lines for a terminal. verbose: also which programs fetch most, and what was read ahead, evicted and sent again.
std::string status_text(const std::string& mountpoint, const MountStatus& status, bool verbose = false);

}  // namespace esofs::mountopts
