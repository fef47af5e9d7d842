#include "mountopts/memory_limit.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <string>
#include <string_view>

namespace esofs::mountopts {
namespace {

constexpr std::uint64_t kMiB = 1U << 20U;
constexpr std::uint64_t kNoLimit = 1ULL << 62U;  // version 1 writes the largest number of pages

std::optional<std::uint64_t> limit_in(const std::filesystem::path& file) {
  std::string text;
  if (!std::getline(std::ifstream(file), text)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || value >= kNoLimit) return std::nullopt;  // "max"
  return value;
}

// Of a group and of those above it. A container may see its own group as the topmost, under its name outside.
std::optional<std::uint64_t> smallest(const std::filesystem::path& top, std::filesystem::path group,
                                      const char* file) {
  std::optional<std::uint64_t> least;
  for (;; group = group.parent_path()) {
    const auto limit = limit_in(top / group.relative_path() / file);
    if (limit) least = std::min(least.value_or(*limit), *limit);
    if (!group.has_relative_path()) return least;
  }
}

}  // namespace

std::optional<std::uint64_t> memory_limit(const std::filesystem::path& root) {
  const auto groups = root / "sys/fs/cgroup";
  std::ifstream lines(root / "proc/self/cgroup");
  std::optional<std::uint64_t> least;
  for (std::string line; std::getline(lines, line);) {  // number:controllers:path
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = "," + line.substr(first + 1, second - first - 1) + ",";
    const std::string path = line.substr(second + 1);
    std::optional<std::uint64_t> limit;
    if (controllers == ",,") limit = smallest(groups, path, "memory.max");
    if (controllers.find(",memory,") != std::string::npos)
      limit = smallest(groups / "memory", path, "memory.limit_in_bytes");
    if (limit) least = std::min(least.value_or(*limit), *limit);
  }
  return least;
}

std::uint64_t usual_memory(std::optional<std::uint64_t> limit) {
  constexpr std::uint64_t kUsual = 64 * kMiB;
  return limit ? std::clamp(*limit / 8, 8 * kMiB, kUsual) : kUsual;
}

}  // namespace esofs::mountopts
