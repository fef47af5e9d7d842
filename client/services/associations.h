// Which calibrations belong to a raw observation, as a calibration service (ESO's calSelector) tells. Plain data.
//
//   units    sizes in bytes
//   source   client/ESO.md, "calSelector"
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/model/model.h"

namespace esofs::client {

enum class CalibrationMode : std::uint8_t {
  kRaw,
  kMaster
};  // raw frames, or the master calibrations made of them

// One calibration file.
struct CalibrationFile {
  Dataset dataset;  // with its size, where the answer tells, as estimate
  std::string
      name;  // of its plain file, or of the file as it is where it is no FITS; made safe by nobody yet
  std::string category;  // "MASTER_BIAS"; ""
  bool fits = true;
};

// The answer for one observation. The texts are the server's: to be made safe before they are shown.
struct Associations {
  std::string mode;  // what the answer is, which may differ from what was asked: "Raw2Raw"; "" not said
  std::optional<bool> complete;   // all calibrations that the calibration plan wants are there
  std::optional<bool> certified;  // somebody at the observatory has looked at them
  std::vector<std::string> messages;
  std::vector<CalibrationFile> files;  // each once, in the order of the answer
  std::string tree_url;                // where the association tree is; "" unknown
  std::string tree;                    // the tree as the server sent it; "" the answer brought none
};

}  // namespace esofs::client
