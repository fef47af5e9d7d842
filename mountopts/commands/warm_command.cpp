#include "mountopts/commands/warm_command.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "client/base/cause.h"
#include "client/base/guarded.h"
#include "client/base/unique_fd.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/commands/mountpoint.h"
#include "mountopts/mount_table.h"
#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

namespace stdfs = std::filesystem;

constexpr std::size_t kBufferBytes = 1U << 20U;

Error told(const std::string& path, int code) {
  return {code, path + ": " + std::generic_category().message(code)};
}

bool within(const std::string& path, const MountEntry& mount) {
  return path == mount.mountpoint || path.starts_with(mount.mountpoint + "/");
}

// The place of the mount table that `path` is below, a part of a tree that is bound somewhere else included.
Result<std::optional<MountEntry>> esofs_place_of(const std::string& path) {
  const auto places = esofs_places();
  if (!places) return places.error();
  const auto place = std::find_if(places->begin(), places->end(),
                                  [&path](const auto& mount) { return within(path, mount); });
  return place == places->end() ? std::nullopt : std::optional(*place);
}

// Files of datasets have this attribute, texts that esofs makes have not.
bool is_dataset_file(const stdfs::path& path) {
  return ::getxattr(path.c_str(), "user.esofs.size_state", nullptr, 0) >= 0;
}

Result<void> gather(const stdfs::path& directory, bool recursive, std::deque<stdfs::path>& files) {
  std::error_code failed;
  std::vector<stdfs::path> below;
  stdfs::directory_iterator entries(directory, failed);
  for (; !failed && entries != stdfs::directory_iterator(); entries.increment(failed)) {
    const auto& path = entries->path();
    std::error_code unknown;
    if (entries->is_symlink(unknown)) continue;
    if (entries->is_directory(unknown)) {
      below.push_back(path);
    } else if (is_dataset_file(path)) {
      files.push_back(path);
    }
  }
  if (failed) return told(directory.string(), failed.value());
  if (!recursive) return {};
  for (const auto& path : below) {
    auto gathered = gather(path, true, files);
    if (!gathered) return gathered;
  }
  return {};
}

// An open makes the size exact, for as long as the version lasts.
Result<std::uint64_t> learn_size(const stdfs::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return told(path.string(), errno);
  return static_cast<std::uint64_t>(status.st_size);
}

Result<std::uint64_t> read_all(const stdfs::path& path, std::vector<std::byte>& buffer) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return told(path.string(), errno);
  for (std::uint64_t bytes = 0;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return told(path.string(), errno);
    if (got == 0) {
      // In the kernel's cache it would only push out what others read.
      (void)::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
      return bytes;
    }
    bytes += static_cast<std::uint64_t>(got);
  }
}

// Bytes that the cache of the mount of `path` may hold; the largest number if the mount does not say.
std::uint64_t most_kept(const std::string& given) {
  const auto path = mount_path(given);
  constexpr auto kUnknown = std::numeric_limits<std::uint64_t>::max();
  if (!path) return kUnknown;
  const auto place = esofs_place_of(*path);
  if (!place || !*place) return kUnknown;
  const auto status = read_mount_status((*place)->mountpoint);
  if (!status) return kUnknown;
  const auto cache = status->document.find("cache");
  const bool known = cache != status->document.end() && cache->is_object();
  return known ? cache->value("max_bytes", kUnknown) : kUnknown;
}

// The files that a path of the command line stands for.
Result<void> gather_path(const std::string& given, const stdfs::path& path, bool recursive,
                         std::deque<stdfs::path>& files) {
  std::error_code failed;
  const auto status = stdfs::status(path, failed);
  if (failed || !stdfs::exists(status)) return told(given, failed ? failed.value() : ENOENT);
  if (stdfs::is_directory(status)) return gather(path, recursive, files);
  files.emplace_back(path);
  return {};
}

struct Work {
  bool sizes = false;
  Guarded<std::deque<stdfs::path>> files;
  std::atomic<std::uint64_t> read = 0;
  std::atomic<std::uint64_t> bytes = 0;
  std::atomic<std::uint64_t> failed = 0;
  Guarded<std::ostream*> errors{&std::cerr};
};

void tell(Work& work, const Error& error) {
  ++work.failed;
  **work.errors.lock() << "esofs: " + error.what() + "\n" << std::flush;
}

void read_files(Work& work) {
  std::vector<std::byte> buffer(kBufferBytes);
  for (;;) {
    stdfs::path path;
    {
      auto files = work.files.lock();
      if (files->empty()) return;
      path = std::move(files->front());
      files->pop_front();
    }
    const auto bytes = work.sizes ? learn_size(path) : read_all(path, buffer);
    if (bytes) {
      ++work.read;
      work.bytes += *bytes;
    } else {
      tell(work, bytes.error());
    }
  }
}

}  // namespace

Result<void> run_warm(const WarmCommand& command) {
  ::prctl(PR_SET_NAME, kWarmProgram);  // so that the mount knows for what it fetches
  std::deque<stdfs::path> files;
  Work work;
  work.sizes = command.sizes;
  for (const auto& given : command.paths) {
    const auto path = mount_path(given);
    const auto place = path ? esofs_place_of(*path) : path.error();
    if (place && !*place) return Error(EINVAL, given + ": is on no esofs mount");
    const auto gathered = place ? gather_path(given, *path, command.recursive, files) : place.error();
    if (!gathered) tell(work, gathered.error());
  }
  const auto readers =
      std::min<std::size_t>(static_cast<std::size_t>(std::max(command.jobs, 1)), files.size());
  *work.files.lock() = std::move(files);
  {
    std::vector<std::jthread> threads;
    threads.reserve(readers);
    for (std::size_t i = 0; i < readers; ++i) threads.emplace_back([&work] { read_files(work); });
  }
  std::cout << (work.sizes ? "sizes of " : "read ") << work.read << " files, " << human_bytes(work.bytes)
            << '\n';
  const std::uint64_t room = most_kept(command.paths.front());
  if (!work.sizes && work.bytes > room)
    std::cerr << "esofs: the cache keeps " << human_bytes(room)
              << " (-o cache_size), so that what was read first is gone again\n";
  if (work.failed > 0)
    return Error(
        EIO, std::to_string(work.failed) + (work.failed == 1 ? " path" : " paths") + " could not be read");
  return {};
}

}  // namespace esofs::mountopts
