// What is wrong with the disk of a directory, for `esofs doctor` and the status of a mount.
//
//   shapes   sentences without a full stop; "": nothing is wrong
//   threads  plain functions; they ask the kernel about the disk
//   source   statfs(2), statvfs(3)
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace esofs::mountopts {

// Whether the disk of the cache is read-only, full, or nearly so: reserve bytes are left free. held: bytes of file content that the
// cache has.
std::string cache_disk_problem(const std::filesystem::path& cache_dir, std::uint64_t reserve,
                               std::uint64_t held);

// Bytes on the disk of the file content that a cache holds, as far as it can be read.
std::uint64_t held_content(const std::filesystem::path& cache_dir);

// statfs(2)'s f_type; nullopt if the directory cannot be looked at.
std::optional<std::uint64_t> file_system_type(const std::filesystem::path& directory);

// What to know of a directory on a file system that several machines share: one host at a time may use a cache. "" on others.
// type: of the directory, as file_system_type() gives it.
std::string shared_disk_note(
    const std::filesystem::path& directory,
    const std::function<std::optional<std::uint64_t>(const std::filesystem::path&)>& type = file_system_type);

}  // namespace esofs::mountopts
