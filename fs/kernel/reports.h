// Reports: what callers of the mounted tree were refused, and why: lines of .esofs/errors and of the log, and the last error of
// an inode for user.esofs.error.
//
//   shapes   the last error is "ENOENT 30as: '30as' is no radius: …" for a name that was refused in a directory, else
//            "EINVAL the server's sentence"; of the 4096 inodes that failed last. On a shared mount each user has last errors
//            of his own
//   threads  thread-safe
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/base/cause.h"
#include "client/base/guarded.h"
#include "client/base/result.h"
#include "fs/kernel/inode_table.h"
#include "fs/tree/context.h"
#include "fs/tree/log_limit.h"
#include "fs/tree/node.h"

namespace esofs::fs {

class Reports {
 public:
  // Both outlive it.
  Reports(Context& context, const InodeTable& inodes) : context_(context), inodes_(inodes) {}

  // A failure that is about to be answered. name: "" or the name below ino that was asked for. cause: whose
  // process still waits, so that its name can be read.
  void failed(std::uint64_t ino, const std::string& name, const Cause& cause, const Error& error);
  // A lookup in `directory`, which is ino, has found nothing. Reported only if somebody has most likely typed the name.
  void absent(std::uint64_t ino, const std::string& name, const Cause& cause, Node& directory);
  // It could be opened: an error of opening it is over.
  void opened(std::uint64_t ino, uid_t user);

  std::optional<std::string> last(std::uint64_t ino, uid_t user) const;

 private:
  struct Last {
    std::string text;
    bool of_name = false;  // of a name in the directory, not of the inode itself
  };
  using Key = std::pair<std::uint64_t, uid_t>;
  struct LastErrors {
    std::map<Key, Last> by_number;
    std::deque<Key> oldest_first;
  };
  Key key(std::uint64_t ino, uid_t user) const;
  void add_line(std::uint64_t ino, const std::string& name, const Cause& cause, const Error& error);
  // To the log of the mount.
  void log(const std::string& path, const Cause& cause, const Error& error);
  void remember(Key key, const std::string& name, const Error& error);

  Context& context_;
  const InodeTable& inodes_;
  LogLimit limit_;
  mutable Guarded<LastErrors> last_;
};

// "ENOENT '30as' is no radius: …": why a name cannot be looked up in a directory; "" if it can.
Cancel why_absent(const NodePtr& directory, const std::string& name, Done<std::string> done);

// The path that a process has most likely used for a file with several; 0: the latest one. REQUIRES: paths is not empty.
std::string path_used(const std::vector<std::string>& latest_first, pid_t process);

}  // namespace esofs::fs
