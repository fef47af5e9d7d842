// Background: a child process that becomes the daemon. The parent waits for its report that the mount is usable, so that
// every error of a mount is seen at the prompt and in the command's status.
// Nothing that has threads, LMDB or curl may exist before start(): it would not survive fork(2).
#pragma once

#include "client/base/result.h"
#include "client/base/unique_fd.h"

namespace esofs::mountopts {

class Background {
 public:
  // Returns in the parent when the child has reported or died, in the child at once.
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
  // Closes files that the parent process left open, except standard input, output and error: the daemon would hold its locks
  // and pipes. To be called before anything is opened here.
  static void close_inherited();
  // Opens those of standard input, output and error that are closed, to /dev/null: what is opened next would take their
  // numbers, and messages would be written into it. For the very beginning of a program.
  static void open_standard_streams();

 private:
  UniqueFd to_parent_;
};

}  // namespace esofs::mountopts
