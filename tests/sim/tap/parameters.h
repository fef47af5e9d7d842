// Parameters of a TAP or UWS request: names in any case, unchanged values, from the query string and the form.
#pragma once

#include <httplib.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace esofs::sim::tap {

class Parameters {
 public:
  Parameters() = default;
  explicit Parameters(const httplib::Request& request);

  // The first value; nullopt if there is none. name in upper case.
  std::optional<std::string> get(const std::string& name) const;
  std::vector<std::string> all(const std::string& name) const;
  void set(const std::string& name, const std::string& value);
  Parameters only(const std::vector<std::string>& names) const;  // names in upper case

  const std::vector<std::pair<std::string, std::string>>& list() const {
    return list_;
  }  // names in upper case

 private:
  std::vector<std::pair<std::string, std::string>> list_;
};

}  // namespace esofs::sim::tap
