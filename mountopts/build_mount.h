// BuiltMount: everything that a mount is made of, built in order and taken down in reverse.
//
//   threads  built and run by the main thread of the daemon; nothing of it may exist before the fork
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "client/model/profile.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

class BuiltMount {
 public:
  // Mounts. mountpoint: absolute. on_hangup: what SIGHUP does; empty: it ends the mount. Errors: EACCES, ENOSPC … of the directories; what libfuse says of the mountpoint.
  static Result<std::unique_ptr<BuiltMount>> build(const Options& options, const client::Profile& profile,
                                                   const std::string& archive, const std::string& mountpoint,
                                                   std::function<void()> on_hangup);
  virtual ~BuiltMount() = default;

  // What does not work, though the mount does.
  virtual const std::vector<std::string>& warnings() const = 0;

  // Serves the mount until it is unmounted or SIGTERM or SIGINT comes.
  virtual Result<void> run() = 0;
};

}  // namespace esofs::mountopts
