// Login::key_ending() of a name.
#pragma once

#include <string>

#include "client/base/login.h"

namespace esofs::cache {

inline std::string whose(const std::string& identity) { return Login{identity}.key_ending(); }

}  // namespace esofs::cache
