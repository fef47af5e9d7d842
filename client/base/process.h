// Whether a process goes on.
#pragma once

#include <sys/types.h>

namespace esofs {

// False for one that has ended, also if only its status is left, which its parent has not collected (proc(5), state Z).
// Thread-safe.
bool process_alive(pid_t pid);

}  // namespace esofs
