// Whether there is a TAP service at a URL of which nothing else is known: asked once at the prompt, where who has mistyped it
// still looks.
//
//   source   TAP 1.1 section 2, VOSI 1.1
#pragma once

#include <string>

#include "client/model/profile.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// "" or a sentence about what is wrong: nobody answers, or not in time, or what answers is no TAP service or wants a login.
// No more than that: it may be well in a moment, and what the cache has of it can be read all the while. Blocks for some
// seconds at most.
std::string check_service(const Options& options, const client::TapService& service);

}  // namespace esofs::mountopts
