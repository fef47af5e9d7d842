// The profile that makes esofs mount a simulator: ESO's, with the simulator's address in every URL.
#pragma once

#include <string>

namespace esofs::sim {

std::string profile_json(const std::string& base_url);

}  // namespace esofs::sim
