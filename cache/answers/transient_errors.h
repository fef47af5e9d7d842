// Which errors are transient: asking again later may succeed.
#pragma once

#include <cerrno>

#include "client/base/descriptors.h"

namespace esofs::cache {

// The archive could not be reached or did not answer in time, or this machine has no room: this says nothing about the
// request. Every other error is the archive's answer.
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
      return out_of_descriptors(code);
  }
}

}  // namespace esofs::cache
