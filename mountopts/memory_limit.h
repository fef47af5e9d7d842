// The memory that a process may use at most: the limit of its control group, as of a container, a batch job or a systemd service.
//
//   units    bytes
//   errors   none: what cannot be read sets no limit
//   source   Linux, Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace esofs::mountopts {

// The smallest limit of the group of this process and of those above it; nullopt: none. root: in place of /, for tests.
std::optional<std::uint64_t> memory_limit(const std::filesystem::path& root = "/");

// The memory for file content if nobody has set it: 64 MiB, or an eighth of the limit if that is less; at least 8 MiB.
std::uint64_t usual_memory(std::optional<std::uint64_t> limit);

}  // namespace esofs::mountopts
