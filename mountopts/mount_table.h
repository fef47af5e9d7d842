// The mounts of this machine that are esofs's, from /proc/self/mountinfo (proc(5)).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace esofs::mountopts {

struct MountEntry {
  std::string mountpoint;  // absolute, escapes undone
  std::string source;      // the archive, as given to mount
};

// text: the content of a mountinfo file. Oldest mount first.
std::vector<MountEntry> parse_mount_table(std::string_view text);

// Of this process' namespace; empty where /proc is not there.
std::vector<MountEntry> esofs_mounts();

// True where `path` (absolute, normal form) is one of them.
bool is_esofs_mount(const std::string& path);

}  // namespace esofs::mountopts
