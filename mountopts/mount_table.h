// The mounts of this machine that are esofs's, from /proc/self/mountinfo (proc(5)).
//
//   threads  any; nothing here asks a mount itself, so that none of it waits for a daemon
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::mountopts {

struct MountEntry {
  std::string mountpoint;  // absolute, escapes undone
  std::string source;      // the archive, as given to mount
  std::string device;      // "0:50": one for each daemon
  std::string root;        // "/", or the part of the tree that is bound here
};

// text: the content of a mountinfo file. All places where esofs or a part of it is seen, oldest first.
std::vector<MountEntry> parse_mount_table(std::string_view text);

// The places of this process' namespace. EMFILE …: /proc cannot be read.
Result<std::vector<MountEntry>> esofs_places();

// The same without binds: each mount once, at its oldest place that shows the whole tree.
std::vector<MountEntry> without_binds(const std::vector<MountEntry>& places);
Result<std::vector<MountEntry>> esofs_mounts();

// The topmost mount at `path` (absolute, normal form), if it is a whole tree of esofs.
Result<std::optional<MountEntry>> esofs_mount_at(const std::string& path);
// True if a whole tree of esofs is there.
bool is_esofs_mount(const std::string& path);

// True if anything is mounted there.
bool is_mountpoint(const std::string& path);

}  // namespace esofs::mountopts
