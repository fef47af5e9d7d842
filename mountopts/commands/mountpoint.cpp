#include "mountopts/commands/mountpoint.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <stop_token>
#include <system_error>
#include <utility>

#include "client/base/pause.h"
#include "mountopts/detach.h"
#include "mountopts/mount_table.h"
#include "mountopts/probe.h"

namespace esofs::mountopts {
namespace {

using namespace std::chrono_literals;

constexpr auto kOthersMount = 10s;  // for another `esofs mount` of the same place to end

std::string errno_text(int code) { return std::generic_category().message(code); }

// EBUSY if something is mounted at `path` that is no dead mount of esofs; that is detached. `given`: for the sentences.
Result<void> clear(const std::string& path, const std::string& given) {
  const std::string place = "mountpoint " + given;
  while (is_mountpoint(path)) {
    const bool esofs = is_esofs_mount(path);
    const auto looked = Probe(look_at_filesystem, path).answer(probe_deadline());
    const int code = looked ? 0 : looked.error().code();
    if (code == ENOTCONN && esofs) {
      auto detached = detach(path, true);
      if (!detached) return detached.error().at(place + ": the mount of a dead daemon cannot be removed");
      continue;
    }
    if (code == ENOTCONN)
      return Error(ENOTCONN, place + ": another filesystem's daemon has died here; unmount it first");
    if (esofs && code == ETIMEDOUT)
      return Error(
          EBUSY, place +
                     ": an esofs is mounted there already, and its daemon does not answer; `esofs unmount " +
                     path + "` detaches it");
    if (esofs) return Error(EBUSY, place + ": an esofs is mounted there already");
    if (code == ETIMEDOUT)
      return Error(EBUSY, place + ": the filesystem that is mounted there does not answer");
    return {};  // a disk
  }
  return {};
}

// Two that come at once: the second waits here, and then finds the mount of the first. An open that fails is none of ours to
// report, and some network filesystems have no locks.
Result<UniqueFd> locked(const std::string& path, const std::string& given) {
  UniqueFd directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto until = std::chrono::steady_clock::now() + kOthersMount;
  while (directory && ::flock(directory.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) break;
    if (std::chrono::steady_clock::now() > until)
      return Error(EBUSY, "mountpoint " + given + ": another program has locked it");
    (void)pause(20ms, std::stop_token());
  }
  return directory;
}

// Returns whether it was made.
Result<bool> make_directory(const std::string& path, const std::string& given) {
  struct stat place {};
  if (::stat(path.c_str(), &place) == 0) {
    if (S_ISDIR(place.st_mode)) return false;
    return Error(ENOTDIR, "mountpoint " + given + ": not a directory");
  }
  if (errno == ENOENT && ::mkdir(path.c_str(), 0777) == 0) return true;
  if (errno == EEXIST) return false;  // by another `esofs mount`
  return Error(errno, "mountpoint " + given + ": " + errno_text(errno));
}

}  // namespace

Result<std::string> mount_path(const std::string& path) {
  std::error_code failed;
  const auto absolute = std::filesystem::absolute(path, failed).lexically_normal();
  if (failed || path.empty()) return Error(EINVAL, "'" + path + "' is not a path");
  std::string text = absolute.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  const std::filesystem::path named(text);
  if (!named.has_filename()) return text;
  const auto parent = std::filesystem::canonical(named.parent_path(), failed);
  if (failed) return Error(failed.value(), named.parent_path().string() + ": " + failed.message());
  const auto joined = parent / named.filename();
  if (is_mountpoint(joined.string())) return joined.string();
  if (std::filesystem::is_symlink(joined, failed)) {
    const auto target = std::filesystem::read_symlink(joined, failed);
    const auto led = (parent / target).lexically_normal();
    // Its last component may be a mount, which canonical() would ask.
    if (!failed && is_mountpoint(led.string())) return led.string();
    const auto real = std::filesystem::canonical(joined, failed);
    if (!failed) return real.string();
  }
  return joined.string();
}

Result<Mountpoint> Mountpoint::prepare(const std::string& given) {
  auto path = mount_path(given);
  if (!path) return path.error().at("mountpoint " + given);
  Mountpoint place;
  place.path_ = *std::move(path);
  if (auto cleared = clear(place.path_, given); !cleared) return cleared.error();
  auto made = make_directory(place.path_, given);
  if (!made) return made.error();
  place.made_ = *made;
  auto lock = locked(place.path_, given);
  if (!lock) return lock.error();
  place.lock_ = *std::move(lock);
  if (is_esofs_mount(place.path_))
    return Error(EBUSY, "mountpoint " + given + ": an esofs is mounted there already");
  std::error_code unknown;
  if (!place.made_ && !std::filesystem::is_empty(place.path_, unknown) && !unknown)
    place.warning_ =
        "mountpoint " + given + " is not empty: what is in it is hidden while esofs is mounted there";
  return place;
}

void Mountpoint::give_up() const {
  if (made_) (void)::rmdir(path_.c_str());
}

}  // namespace esofs::mountopts
