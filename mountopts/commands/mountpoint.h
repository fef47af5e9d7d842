// The place where a mount is made.
#pragma once

#include <string>

#include "client/base/result.h"
#include "client/base/unique_fd.h"

namespace esofs::mountopts {

// An absolute path without symbolic links in its parents. A mount at the last component is not touched: its daemon may not
// answer.
Result<std::string> mount_path(const std::string& path);

// A directory that can be mounted on. While it lives, no other `esofs mount` mounts there.
class Mountpoint {
 public:
  // Makes the directory if only the last component is missing; detaches a mount whose daemon has died. Waits for a moment
  // for another `esofs mount` of the same place. EBUSY: an esofs is mounted there already.
  static Result<Mountpoint> prepare(const std::string& given);

  const std::string& path() const noexcept { return path_; }
  // "" or a sentence.
  const std::string& warning() const noexcept { return warning_; }
  // The mount has come to nothing: removes the directory, if it was made here.
  void give_up() const;
  // The mount is there: others may look.
  void unlock() noexcept { lock_.reset(); }

 private:
  std::string path_;
  std::string warning_;
  bool made_ = false;
  UniqueFd lock_;
};

}  // namespace esofs::mountopts
