// How long to wait before a request is tried again. Pure: time and chance are arguments.
//
//   source   RFC 9110 section 10.2.3 (Retry-After); full jitter: a uniform share of an exponentially growing ceiling,
//            so that clients that failed together do not come back together
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "client/http/http.h"

namespace esofs::client {

// The wait that a Retry-After header asks for: seconds, or an HTTP-date relative to `now`. A date in the past is 0; nullopt for
// anything else.
std::optional<std::chrono::seconds> retry_after(const std::string& header,
                                                std::chrono::system_clock::time_point now);

// As above, with `now` from the server's Date header, if the answer has one: our clock may be wrong.
std::optional<std::chrono::seconds> retry_after(const HttpHead& head);

// failures: attempts that have failed so far, at least 1. chance: uniform in [0, 1).
// At least what the server asked for, never more than limits.retry_most.
std::chrono::milliseconds retry_pause(const HttpLimits& limits, int failures, double chance,
                                      std::optional<std::chrono::seconds> asked);

}  // namespace esofs::client
