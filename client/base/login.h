// Login: the name under which the archive was asked. It is part of the key of whatever the archive gave to that login alone.
#pragma once

#include <string>

namespace esofs {

struct Login {
  std::string name;  // "": without credentials

  bool nobody() const { return name.empty(); }
  // "ARCHIVE for NAME", the beginning of a key; "ARCHIVE" for nobody.
  std::string key_beginning(const std::string& archive) const {
    return nobody() ? archive : archive + " for " + name;
  }
  // "\nfor NAME", the end of a key; "" for nobody.
  std::string key_ending() const { return nobody() ? std::string() : "\nfor " + name; }

  friend bool operator==(const Login&, const Login&) = default;
};

}  // namespace esofs
