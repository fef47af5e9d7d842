// CalibrationsFixture: a raw frame with calibrations, mounted over the fakes.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {

using client::CalibrationMode;
using Names = std::vector<std::string>;

inline client::CalibrationFile calibration(const std::string& id, const std::string& name,
                                           const std::string& category = "BIAS") {
  client::CalibrationFile file;
  file.dataset.id = id;
  file.dataset.estimate_bytes = 5760;
  file.name = name;
  file.category = category;
  return file;
}

class CalibrationsFixture : public FsFixture {
 protected:
  CalibrationsFixture() {
    found_.mode = "Raw2Raw";
    found_.complete = true;
    found_.certified = false;
    found_.tree = "<association/>";
    found_.files = {calibration(kOtherId, kOtherId + ".fits")};
    catalog_.put_associations(kId, CalibrationMode::kRaw, found_);
  }
  void put(CalibrationMode mode, std::vector<client::CalibrationFile> files) {
    found_.files = std::move(files);
    catalog_.put_associations(kId, mode, found_);
  }
  Names list_raw() { return list({"datasets", kId, "calibrations", "raw"}); }
  std::string status(const std::string& mode) {
    return cat({"datasets", kId, "calibrations", mode, "status.txt"});
  }
  static bool has(const std::string& text, const std::string& line) {
    return text.find(line) != std::string::npos;
  }

  client::Associations found_;
};

}  // namespace esofs::tests
