// LogLimit: how many of one user's failures the log of the mount has. A program that fails in a loop must not fill the disk.
//
//   shapes   a user has kMost lines within kWithin seconds; what is more is counted
//   threads  thread-safe
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "client/base/guarded.h"

namespace esofs::fs {

class LogLimit {
 public:
  static constexpr std::size_t kMost = 20;
  static constexpr std::int64_t kWithin = 10;  // seconds

  enum class Line { kWhole, kLast, kNone };
  struct Answer {
    Line line = Line::kWhole;                            // kLast: say that the next ones are only counted
    std::vector<std::pair<uid_t, std::size_t>> omitted;  // whose lines were left out until now, and how many
  };
  // A failure of this user. time: seconds since 1970.
  Answer add(std::int64_t time, uid_t user);

 private:
  struct Window {
    std::int64_t since = 0;
    std::size_t failures = 0;
  };
  Guarded<std::map<uid_t, Window>> windows_;  // that have not ended
};

}  // namespace esofs::fs
