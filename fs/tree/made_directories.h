// MadeDirectories: which process has made a directory by mkdir and has not created a file in it yet. To that process the
// directory is empty; and if the process is cp, what it lists next is what it copies into the directory.
//
//   shapes   a directory is its node's identity(). Remembered for a few seconds: cp continues at once
//   threads  thread-safe
//   source   coreutils 9, src/copy.c: a directory is made before its source is listed; its files are created with O_EXCL
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <deque>
#include <string>

#include "client/base/cause.h"
#include "client/base/guarded.h"

namespace esofs::fs {

class MadeDirectories {
 public:
  // now: seconds since 1970.
  void made(std::string directory, const Cause& by, std::int64_t now);
  // A file has been created in it.
  void filled(const std::string& directory);

  // True if this process has made the directory, and nobody has created a file in it.
  bool empty_for(const std::string& directory, const Cause& asks, std::int64_t now) const;
  // True if this process is a cp that has made a directory and lists one for the first time since. Reads /proc only if the
  // process has made one.
  bool lists_source(const Cause& asks, std::int64_t now);

 private:
  struct Made {
    std::string directory;
    pid_t by;
    std::int64_t at;
    bool lists = true;  // it has listed nothing since
  };
  mutable Guarded<std::deque<Made>> made_;  // the latest last
};

}  // namespace esofs::fs
