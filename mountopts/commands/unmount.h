// Unmounting, whatever the mount's files are busy with.
#pragma once

#include <string>

#include "client/base/result.h"

namespace esofs::mountopts {

// Unmounts the esofs mount at `path`. If files of it are in use: EBUSY with `only_if_idle`, else its daemon is asked to end
// every pending read with an error and to leave. It is asked through the mount itself (fs::kShutDown); no process is ever
// signalled, because nothing that a mount says of its daemon is proof. A daemon that does not answer within two seconds is
// cut off from the tree, and from the programs that wait for it if that is possible (detach.h). Returns "" or a sentence about what is left. EINVAL: no esofs mount is there.
Result<std::string> unmount(const std::string& path, bool only_if_idle);

}  // namespace esofs::mountopts
