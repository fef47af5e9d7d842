// `esofs doctor`: looks at everything that a mount needs, and says what is in its way.
#pragma once

#include <string>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct DoctorCommand {
  std::string archive = "eso";       // as for mount
  std::vector<std::string> options;  // as for mount
  bool as_json = false;
};

// Prints a line for each thing looked at: "ok", "note" or "PROBLEM", and what to do. One small query goes to each TAP service
// of the archive. EIO if there are problems.
Result<void> run_doctor(const DoctorCommand& command);

}  // namespace esofs::mountopts
