// File descriptors that have run out: a trouble of this machine, which passes, and no failure of what was asked.
#pragma once

#include <cerrno>
#include <optional>

#include "client/base/result.h"

namespace esofs {

inline bool out_of_descriptors(int code) { return code == EMFILE || code == ENFILE; }

// EMFILE or ENFILE with a sentence, if none can be had now. For libraries that do not say why they failed.
std::optional<Error> no_descriptor_left();

}  // namespace esofs
