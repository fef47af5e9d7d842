// How a key says whose rights it took to get what it leads to.
#pragma once

#include <string>

namespace esofs::cache {

// "\nfor NAME", for the end of a key; "" for nobody's.
inline std::string whose(const std::string& identity) {
  return identity.empty() ? std::string() : "\nfor " + identity;
}

}  // namespace esofs::cache
