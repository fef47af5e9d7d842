// Taking a mount out of the tree, as umount(8) does, and cutting it off from its daemon.
#pragma once

#include <string>

#include "client/base/result.h"

namespace esofs::mountopts {

// root by umount2(2), users by fusermount3, as libfuse does it. lazy: also if files are in use, which stay open.
// EBUSY: files are in use. EPERM: another user has mounted it.
Result<void> detach(const std::string& mountpoint, bool lazy);

// Ends every request that waits for the daemon, and the mount with them: for a daemon that does not run. device: as in the
// mount table. Possible for the mounting user and root if /sys/fs/fuse/connections is there (fuse(4), "Control filesystem").
Result<void> abort_connection(const std::string& device);

// The same where that is not there, and the mount is taken out of the tree with it. EPERM: the user is not root.
Result<void> detach_by_force(const std::string& mountpoint);

}  // namespace esofs::mountopts
