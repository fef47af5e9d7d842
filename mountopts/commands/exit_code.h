// What the program's exit code says; the same for every command.
#pragma once

#include <cerrno>

#include "client/base/result.h"

namespace esofs::mountopts {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;
inline constexpr int kWrongUsage = 2;
inline constexpr int kNoMount = 3;

// EINVAL: an option, a profile or config.json is wrong. ENXIO: no esofs is mounted there.
inline int exit_code(const Error& error) {
  return error.code() == EINVAL ? kWrongUsage : error.code() == ENXIO ? kNoMount : kFailed;
}

inline constexpr const char* kExitCodes =
    "Exit codes:\n"
    "  0  done\n"
    "  1  it failed, or status, doctor or why found something wrong\n"
    "  2  the command line, an option, the archive's name or profile, or config.json is wrong\n"
    "  3  no esofs is mounted there\n";

}  // namespace esofs::mountopts
