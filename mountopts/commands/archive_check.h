// Whether there is a TAP service at a URL of which nothing else is known. It is asked once, at the prompt, where a mistyped URL
// is still noticed.
//
//   source   TAP 1.1 section 2, VOSI 1.1
#pragma once

#include <string>

#include "client/model/profile.h"
#include "mountopts/options.h"

namespace esofs::mountopts {

// "" or a sentence about what is wrong: no answer in time, no TAP service, or a login is needed. It is a warning only: the
// service may answer a moment later, and what the cache holds can be read. Blocks for some seconds at most.
std::string check_service(const Options& options, const client::TapService& service);

}  // namespace esofs::mountopts
