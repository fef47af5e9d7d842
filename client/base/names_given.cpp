#include "client/base/names_given.h"

#include "client/base/safe_name.h"

namespace esofs {

NamesGiven::NamesGiven() : NamesGiven(Rule{portable_name, numbered_name}) {}

std::string NamesGiven::give(std::string_view wanted) {
  std::string name = safe_name(wanted);
  const std::string key = rule_.key(name);
  const auto [given, first] = given_.try_emplace(key, 1U);
  if (first) return name;
  for (unsigned number = given->second + 1;; ++number) {
    std::string numbered = rule_.numbered(name, number);
    if (given_.try_emplace(rule_.key(numbered), 1U).second) {
      given_[key] = number;  // `given` may be invalid by now
      return numbered;
    }
  }
}

}  // namespace esofs
