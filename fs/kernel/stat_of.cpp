#include "fs/kernel/stat_of.h"

#include <algorithm>

#include "fs/tree/context.h"

namespace esofs::fs {
namespace {

constexpr std::uint64_t kSector = 512;  // the unit of st_blocks

}  // namespace

mode_t file_type(NodeType type) {
  return type == NodeType::kDirectory ? S_IFDIR : type == NodeType::kSymlink ? S_IFLNK : S_IFREG;
}

bool constant(const Attributes& attributes) {
  return attributes.type == NodeType::kFile && attributes.attr_timeout >= kLongTimeout;
}

struct stat stat_of(const Attributes& attributes, std::uint64_t number, const Config& config) {
  struct stat status {};
  status.st_ino = number;
  status.st_mode = file_type(attributes.type) | attributes.permissions;
  status.st_nlink = !attributes.linked ? 0 : attributes.type == NodeType::kDirectory ? 2 : 1;
  status.st_uid = attributes.owner.value_or(config.uid);
  status.st_gid = config.gid;
  status.st_size = static_cast<off_t>(attributes.size);
  status.st_blocks = static_cast<blkcnt_t>((attributes.size + kSector - 1) / kSector);
  status.st_blksize = kBlockSize;
  status.st_mtim = {attributes.mtime, attributes.mtime_nanoseconds};
  status.st_ctim = status.st_mtim;
  status.st_atim = attributes.atime.value_or(status.st_mtim);
  return status;
}

struct statvfs statvfs_of(const cache::FileCache::Usage& usage) {
  struct statvfs status {};
  status.f_bsize = status.f_frsize = 4096;
  status.f_blocks = usage.max_bytes / status.f_frsize;
  status.f_bfree = status.f_bavail =
      (usage.max_bytes - std::min(usage.bytes, usage.max_bytes)) / status.f_frsize;
  status.f_namemax = kLongestName;
  return status;
}

}  // namespace esofs::fs
