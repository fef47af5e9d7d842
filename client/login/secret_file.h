// Files that hold secrets: read only where nobody else can read them, written so that nobody else ever could.
//
//   errors   EACCES with the file and its mode where others can read it, or where it belongs to another user; ENOENT;
//            EFBIG above kMostSecretBytes. No error text holds anything of a file's content
//   threads  plain functions
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "client/base/result.h"

namespace esofs::client {

inline constexpr std::uint64_t kMostSecretBytes = 1U << 20U;

// owner: whose file it must be, and not reached by a symbolic link; nullopt: this user's own, or root's.
Result<std::string> read_secret_file(const std::filesystem::path& path,
                                     std::optional<uid_t> owner = std::nullopt);

// Mode 0600; whole or not at all, also after a power failure. Makes the directory (0700) where it is missing.
Result<void> write_secret_file(const std::filesystem::path& path, const std::string& text);

// Tells whether a file has changed since it was looked at last. Two of files that are not there are equal.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::int64_t changed_s = 0;
  std::int64_t changed_ns = 0;
  std::uint32_t mode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stamp_of(const std::filesystem::path& path);

// From here on this process leaves no core dump and lets no other of its user look into its memory: called by whoever takes a
// secret into memory.
void guard_memory() noexcept;

}  // namespace esofs::client
