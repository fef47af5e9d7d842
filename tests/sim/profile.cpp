#include "tests/sim/profile.h"

#include <nlohmann/json.hpp>

namespace esofs::sim {

std::string profile_json(const std::string& base_url) {
  nlohmann::ordered_json profile;
  profile["extends"] = "eso";
  profile["name"] = "eso-sim";
  profile["title"] = "Simulated ESO archive";
  profile["base_url"] = base_url;
  return profile.dump(2) + "\n";
}

}  // namespace esofs::sim
