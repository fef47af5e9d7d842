// The command line of esofs: `esofs mount`, `esofs unmount`, `esofs status`, and the form of mount(8) and fstab.
#pragma once

namespace esofs::mountopts {

// Parses, runs, and returns the exit status: 0 done, 1 failed (the reason stands on standard error), 2 wrong usage.
int run_command_line(int argc, const char* const* argv);

}  // namespace esofs::mountopts
