#include "mountopts/mount_table.h"

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <system_error>

namespace esofs::mountopts {
namespace {

struct Line {
  MountEntry entry;
  std::string type;
};

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

std::vector<Line> parse(std::string_view text) {
  std::vector<Line> parsed;
  std::istringstream lines{std::string(text)};
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    const std::vector<std::string> fields{std::istream_iterator<std::string>(words), {}};
    // 36 35 98:0 /root /mountpoint options [optional fields] - type source super-options
    const auto dash = std::find(fields.begin(), fields.end(), "-");
    if (fields.size() < 5 || fields.end() - dash < 3) continue;
    parsed.push_back(
        {{unescaped(fields[4]), unescaped(*(dash + 2)), fields[2], unescaped(fields[3])}, *(dash + 1)});
  }
  return parsed;
}

Result<std::string> mountinfo() {
  errno = 0;
  std::ifstream file("/proc/self/mountinfo");
  if (!file) {
    const int code = errno != 0 ? errno : EIO;
    return Error(code, "/proc/self/mountinfo: " + std::generic_category().message(code));
  }
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

// The topmost of all mounts at a path.
Result<std::optional<Line>> topmost(const std::string& path) {
  const auto text = mountinfo();
  if (!text) return text.error();
  std::optional<Line> found;
  for (auto& line : parse(*text)) {
    if (line.entry.mountpoint == path) found = std::move(line);
  }
  return found;
}

}  // namespace

std::vector<MountEntry> parse_mount_table(std::string_view text) {
  std::vector<MountEntry> places;
  for (auto& line : parse(text)) {
    if (line.type == "fuse.esofs") places.push_back(std::move(line.entry));
  }
  return places;
}

Result<std::vector<MountEntry>> esofs_places() {
  const auto text = mountinfo();
  if (!text) return text.error();
  return parse_mount_table(*text);
}

std::vector<MountEntry> without_binds(const std::vector<MountEntry>& places) {
  std::vector<MountEntry> mounts;
  std::set<std::string> seen;
  for (const auto& place : places) {
    if (place.root == "/" && seen.insert(place.device).second) mounts.push_back(place);
  }
  return mounts;
}

Result<std::vector<MountEntry>> esofs_mounts() {
  const auto places = esofs_places();
  if (!places) return places.error();
  return without_binds(*places);
}

Result<std::optional<MountEntry>> esofs_mount_at(const std::string& path) {
  auto top = topmost(path);
  if (!top) return top.error();
  if (!*top || (*top)->type != "fuse.esofs" || (*top)->entry.root != "/") return std::optional<MountEntry>();
  return std::optional(std::move((*top)->entry));
}

bool is_esofs_mount(const std::string& path) {
  const auto mount = esofs_mount_at(path);
  return mount && mount->has_value();
}

bool is_mountpoint(const std::string& path) {
  const auto top = topmost(path);
  return top && top->has_value();
}

}  // namespace esofs::mountopts
