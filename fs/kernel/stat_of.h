// stat_of(): what stat(2) shows of a node; statvfs_of(): what statfs(2) shows of the mount.
//
//   units    st_blocks in units of 512 bytes, by the size: nothing is sparse
//   threads  pure
#pragma once

#include <sys/stat.h>
#include <sys/statvfs.h>

#include <cstddef>
#include <cstdint>

#include "cache/content/file_cache.h"
#include "fs/tree/config.h"
#include "fs/tree/node.h"

namespace esofs::fs {

// The size of stdio's and Python's buffers, and so of the first read of a header; cp and cat take 128 KiB anyway.
inline constexpr blksize_t kBlockSize = 4096;

inline constexpr std::size_t kLongestName = 255;  // NAME_MAX of Linux

// S_IFREG, S_IFDIR or S_IFLNK.
mode_t file_type(NodeType type);

// A file that changes with its version only.
bool constant(const Attributes& attributes);

// number: the inode number that programs see.
struct stat stat_of(const Attributes& attributes, std::uint64_t number, const Config& config);

// What statfs(2) shows: the cache as a disk.
struct statvfs statvfs_of(const cache::FileCache::Usage& usage);

}  // namespace esofs::fs
