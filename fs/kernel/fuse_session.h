// FuseSession: one mounted tree: mount, serve, unmount.
//
//   mount()  attaches the tree; no thread is started, so that the caller may daemonise between mount() and run()
//   run()    serves until the tree is unmounted, stop() is called, the ioctl kShutDown comes, or SIGTERM, SIGINT or
//            SIGHUP; then answers what is still waiting and unmounts. A signal that was ignored before stays ignored.
//
//   errors   of mount(2) and fusermount3, as a sentence: EINVAL for a bad option, ENOENT, EPERM …
//   threads  run() on one thread; stop() from any, also before run(). One session at a time in a process: signals.
//   source   libfuse's fuse_lowlevel.h; mountopts/THREADS.md, "Beginning and end" and "Signals"
#pragma once

#include <sys/ioctl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/base/result.h"
#include "fs/kernel/filesystem.h"
#include "fs/tree/timer.h"

namespace esofs::fs {

// An ioctl on any file or directory of a mount: the mounting user and root end it. The number is FS_IOC_SHUTDOWN of Linux.
inline constexpr unsigned kShutDown = _IOR('X', 125, std::uint32_t);

struct SessionConfig {
  std::string mountpoint;
  std::vector<std::string>
      fuse_options;  // each one option: "allow_other", "fsname=a,b" …; not default_permissions: see Filesystem::access
  unsigned max_threads = 10;  // FUSE workers; none of them ever waits for the network
  // How far the kernel reads ahead of a reader. More makes mapped cubes faster to stream but every header read dearer: a
  // header of 3 KB would move the whole window. esofs itself reads ahead for a sequential reader.
  std::uint32_t readahead_bytes = 32 * 1024;
  // How long an unmount waits for requests to be answered after they were cancelled; what comes later is dropped.
  std::chrono::milliseconds teardown_patience{5000};
  // Reads under way at once. The kernel counts nearly every read as a background one, for the whole mount: where this many wait
  // for a server that hangs, nothing else is read.
  std::uint32_t max_background = 16384;
  // What SIGHUP does instead of ending the mount; called on a thread of the session. Empty: SIGHUP ends it.
  std::function<void()> on_hangup{};
};

class FuseSession {
 public:
  // filesystem and timer (the one that the filesystem uses) outlive the session.
  static Result<std::unique_ptr<FuseSession>> mount(Filesystem& filesystem, Timer& timer,
                                                    SessionConfig config);
  virtual ~FuseSession() = default;  // unmounts if run() has not

  // ready: called on this thread just before the first request is served; the mount point is usable then.
  virtual Result<void> run(std::function<void()> ready = {}) = 0;
  virtual void stop() = 0;
};

}  // namespace esofs::fs
