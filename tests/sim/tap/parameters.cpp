#include "tests/sim/tap/parameters.h"

#include <algorithm>

#include "tests/sim/tap/schema/schema.h"

namespace esofs::sim::tap {

Parameters::Parameters(const httplib::Request& request) {
  for (const auto& [name, value] : request.params) list_.emplace_back(upper(name), value);
  for (const auto& [name, part] : request.files) list_.emplace_back(upper(name), part.content);
}

std::optional<std::string> Parameters::get(const std::string& name) const {
  for (const auto& [known, value] : list_)
    if (known == name) return value;
  return std::nullopt;
}

std::vector<std::string> Parameters::all(const std::string& name) const {
  std::vector<std::string> values;
  for (const auto& [known, value] : list_)
    if (known == name) values.push_back(value);
  return values;
}

void Parameters::set(const std::string& name, const std::string& value) {
  for (auto& [known, old] : list_) {
    if (known != name) continue;
    old = value;
    return;
  }
  list_.emplace_back(name, value);
}

Parameters Parameters::only(const std::vector<std::string>& names) const {
  Parameters out;
  for (const auto& [known, value] : list_) {
    if (std::find(names.begin(), names.end(), known) != names.end()) out.list_.emplace_back(known, value);
  }
  return out;
}

}  // namespace esofs::sim::tap
