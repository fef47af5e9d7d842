// The names of XML elements and attributes without their prefix: services prefix them differently, or not at all.
//
//   threads  pure function
//   source   Namespaces in XML 1.0 section 4
#pragma once

#include <string_view>

namespace esofs::client {

// "job" of "uws:job".
inline std::string_view local_name(std::string_view name) { return name.substr(name.rfind(':') + 1); }

}  // namespace esofs::client
