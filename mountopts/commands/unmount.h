// Unmounting, whatever the mount's files are busy with.
#pragma once

#include <string>

#include "client/base/result.h"

namespace esofs::mountopts {

// Unmounts the esofs mount at `path`. Where files of it are in use: EBUSY with `only_if_idle`, else its daemon is told to
// end every pending read with an error and to leave; a daemon that does not is detached from the tree.
// EINVAL: no esofs mount is there.
Result<void> unmount(const std::string& path, bool only_if_idle);

// Detaches a mount whose daemon has died (every access gives ENOTCONN), so that the place can be mounted again.
// Does nothing where there is no such mount.
Result<void> clear_dead_mount(const std::string& path);

// An absolute path without symbolic links in its parents, also where the last component is a dead mount.
Result<std::string> mount_path(const std::string& path);

}  // namespace esofs::mountopts
