// The calibrations of a raw observation, as a calibration service (ESO's calSelector) lists them. Plain data.
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
  Dataset dataset;       // its size, if the answer gives one, is the estimate
  std::string name;      // of its plain file, or of the file as it is if it is not FITS; not yet made safe
  std::string category;  // "MASTER_BIAS"; ""
  bool fits = true;
};

// The answer for one observation. The texts are the server's: to be made safe before they are shown.
struct Associations {
  std::string mode;  // of the answer, which may differ from the one requested: "Raw2Raw"; "" unknown
  std::optional<bool> complete;   // all calibrations that the calibration plan wants are there
  std::optional<bool> certified;  // somebody at the observatory has looked at them
  std::vector<std::string> messages;
  std::vector<CalibrationFile> files;  // each once, in the order of the answer
  std::string tree_url;                // where the association tree is; "" unknown
  std::string tree;                    // the tree as the server sent it; "" if the answer has none
};

}  // namespace esofs::client
