#include "mountopts/mount_table.h"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <sstream>

namespace esofs::mountopts {
namespace {

// Space, tab, newline and backslash stand as \040, \011, \012 and \134.
std::string unescaped(std::string_view text) {
  const auto octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && octal(text[i + 1]) && octal(text[i + 2]) &&
        octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

}  // namespace

std::vector<MountEntry> parse_mount_table(std::string_view text) {
  std::vector<MountEntry> mounts;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    // 36 35 98:0 /root /mountpoint options [optional fields] - type source super-options
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 5 || fields.end() - dash < 3 || *(dash + 1) != "fuse.esofs") continue;
    mounts.push_back({unescaped(fields[4]), unescaped(*(dash + 2))});
  }
  return mounts;
}

std::vector<MountEntry> esofs_mounts() {
  std::ifstream file("/proc/self/mountinfo");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return parse_mount_table(text);
}

bool is_esofs_mount(const std::string& path) {
  const auto mounts = esofs_mounts();
  return std::any_of(mounts.begin(), mounts.end(),
                     [&path](const MountEntry& m) { return m.mountpoint == path; });
}

}  // namespace esofs::mountopts
