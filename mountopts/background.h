// Background: a child process that goes on as the daemon once it has reported that the mount is usable.
//
// The parent of a mount command waits for that report, so that every error of a mount is seen at the prompt and the
// command's status tells it. Nothing that has threads, LMDB or curl may exist before start(): it would not survive fork(2).
#pragma once

#include <optional>

#include "client/base/result.h"
#include "client/base/unique_fd.h"

namespace esofs::mountopts {

class Background {
 public:
  // In the child: nullopt was not returned; the object reports to the parent. In the parent: returns the child's report once
  // it is there (an error, or success), so that the caller can exit with it.
  // `detach`: false stays in the foreground: no fork, reports go nowhere.
  struct Started {
    bool parent;  // true: this is the parent, and `report` is the child's
    Result<void> report;
  };
  Started start(bool detach);

  // The child tells its parent. Only the first report counts; a child that dies without one is an error.
  void report(const Result<void>& outcome);
  // After a successful report: standard input, output and error go to /dev/null.
  static void detach_terminal();

 private:
  UniqueFd to_parent_;
};

}  // namespace esofs::mountopts
