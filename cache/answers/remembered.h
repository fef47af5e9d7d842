// Which failures mean that the world may be better soon, and how long a failure is told without asking again.
#pragma once

#include <cerrno>
#include <chrono>
#include <cstdint>

namespace esofs::cache {

// The archive could not be reached or did not answer in time, or this machine has no room: nothing was said about what was
// asked. The other failures are the archive's answer.
inline bool transient(int code) {
  switch (code) {
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ECONNREFUSED:
    case ECONNRESET:
    case EAGAIN:
    case EINTR:
    case ECANCELED:
    case ENOSPC:
    case EDQUOT:
      return true;
    default:
      return false;
  }
}

// Whether what happened at `then` is at most `memory` old. A clock that was set back ends the memory.
inline bool recent(std::int64_t then, std::int64_t now, std::chrono::seconds memory) {
  return now >= then && now - then < memory.count();
}

}  // namespace esofs::cache
