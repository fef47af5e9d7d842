#include "mountopts/disks.h"

#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <system_error>
#include <utility>

#include "cache/content/disk/segment_store.h"
#include "mountopts/units.h"

namespace esofs::mountopts {

std::string cache_disk_problem(const std::filesystem::path& cache_dir, std::uint64_t reserve,
                               std::uint64_t held) {
  struct statvfs disk {};
  const bool looked = ::statvfs(cache_dir.c_str(), &disk) == 0;
  if (!looked || disk.f_blocks == 0) return {};  // /proc has no blocks
  if ((disk.f_flag & ST_RDONLY) != 0)
    return "the disk of the cache is read-only: nothing new is kept; set another cache_dir";
  const std::uint64_t free = static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize;
  if (free == 0)
    return "the disk of the cache is full: nothing new is kept; make room, or set another cache_dir";
  constexpr std::uint64_t room = cache::SegmentStore::kRoom;
  // What is held makes room for what is new.
  const std::uint64_t usable = free + held;
  if (usable > reserve && usable - reserve >= room) return {};
  return "the disk of the cache has " + human_bytes(free) + " left, and cache_reserve leaves " +
         human_bytes(reserve) + " free, beyond which a cache needs " + human_bytes(room) +
         ": no file content is kept";
}

std::uint64_t held_content(const std::filesystem::path& cache_dir) {
  std::error_code failed;
  std::filesystem::recursive_directory_iterator entries(cache_dir / "content" / "segments", failed);
  std::uint64_t held = 0;
  for (; !failed && entries != std::filesystem::recursive_directory_iterator(); entries.increment(failed)) {
    struct stat state {};
    if (::lstat(entries->path().c_str(), &state) == 0 && S_ISREG(state.st_mode))
      held += static_cast<std::uint64_t>(state.st_blocks) * 512;
  }
  return held;
}

std::optional<std::uint64_t> file_system_type(const std::filesystem::path& directory) {
  struct statfs disk {};
  if (::statfs(directory.c_str(), &disk) != 0) return std::nullopt;
  return static_cast<std::uint32_t>(disk.f_type);
}

std::string shared_disk_note(
    const std::filesystem::path& directory,
    const std::function<std::optional<std::uint64_t>(const std::filesystem::path&)>& type) {
  // linux/magic.h has few of them; the others are in the sources of these file systems.
  constexpr std::array<std::pair<std::uint64_t, std::string_view>, 9> shared{{{0x6969, "NFS"},
                                                                              {0x0BD00BD0, "Lustre"},
                                                                              {0x47504653, "GPFS"},
                                                                              {0x19830326, "BeeGFS"},
                                                                              {0xFF534D42, "SMB"},
                                                                              {0xFE534D42, "SMB"},
                                                                              {0x00C36400, "CephFS"},
                                                                              {0x5346414F, "AFS"},
                                                                              {0x01161970, "GFS2"}}};
  const auto found = type(directory);
  const auto* known =
      std::find_if(shared.begin(), shared.end(), [&found](const auto& one) { return found == one.first; });
  if (known == shared.end()) return {};
  return directory.string() + " is on " + std::string(known->second);
}

}  // namespace esofs::mountopts
