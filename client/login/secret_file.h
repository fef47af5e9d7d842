// Files that hold secrets: read only if no other user can read them, and written so that no other user ever could.
//
//   errors   EACCES with the file and its mode if others can read it, or if it belongs to another user; ENOENT;
//            EFBIG above kMostSecretBytes. No error quotes the content of a file
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

// owner: who must own the file, and it must not be reached by a symbolic link; nullopt: this user or root.
Result<std::string> read_secret_file(const std::filesystem::path& path,
                                     std::optional<uid_t> owner = std::nullopt);

// Mode 0600; whole or not at all, also after a power failure. Makes the directory (0700) if it is missing.
Result<void> write_secret_file(const std::filesystem::path& path, const std::string& text);

// Differs if a file has changed since it was last looked at. Two stamps of missing files are equal.
struct FileStamp {
  std::uint64_t inode = 0;
  std::int64_t size = -1;
  std::int64_t changed_s = 0;
  std::int64_t changed_ns = 0;
  std::uint32_t mode = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
FileStamp stamp_of(const std::filesystem::path& path);

// From here on this process leaves no core dump, and no other process of its user can read its memory. To be called before a
// secret is in memory.
void guard_memory() noexcept;

}  // namespace esofs::client
