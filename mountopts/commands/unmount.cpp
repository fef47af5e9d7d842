#include "mountopts/commands/unmount.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <fstream>
#include <stop_token>
#include <vector>

#include "client/base/pause.h"
#include "client/base/unique_fd.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/commands/mountpoint.h"
#include "mountopts/detach.h"
#include "mountopts/mount_table.h"
#include "mountopts/probe.h"

namespace esofs::mountopts {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

constexpr auto kLeaving = 10s;  // a daemon answers its readers, closes its files and ends

// The process that a status names, to wait for its end: only if it is an esofs. In another pid namespace the number is
// somebody else's.
UniqueFd daemon_of(const Result<MountStatus>& status) {
  if (!status || status->pid <= 0) return UniqueFd();
  const auto name_of = [](const std::string& process) {
    std::ifstream file("/proc/" + process + "/comm");
    std::string name;
    std::getline(file, name);
    return name;
  };
  // glibc 2.36 declares pidfd_open() as a function of C++.
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, status->pid, 0)));
  return name_of(std::to_string(status->pid)) == name_of("self") ? std::move(process) : UniqueFd();
}

// False: it has not ended.
bool wait_for_end(const UniqueFd& daemon, steady_clock::time_point until) {
  if (!daemon) return true;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
  pollfd ended{daemon.get(), POLLIN, 0};
  return ::poll(&ended, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) != 0;
}

std::string still_ending(const std::string& path, const MountStatus& status) {
  return path + ": unmounted; its daemon, process " + std::to_string(status.pid) +
         ", is still ending: a disk or a home directory does not answer it";
}

bool gone_until(steady_clock::time_point until, const MountEntry& mount) {
  for (;;) {
    const auto now = esofs_mount_at(mount.mountpoint);
    if (now && (!*now || (*now)->device != mount.device)) return true;
    if (steady_clock::now() > until) return false;
    (void)pause(10ms, std::stop_token());
  }
}

// The daemon serves other places too.
bool bound_elsewhere(const MountEntry& mount) {
  const auto places = esofs_places();
  if (!places) return false;
  return std::count_if(places->begin(), places->end(),
                       [&mount](const MountEntry& place) { return place.device == mount.device; }) > 1;
}

bool is_there(const MountEntry& mount) {
  const auto now = esofs_mount_at(mount.mountpoint);
  return now && *now && (*now)->device == mount.device;
}

Result<std::string> cut_off(const MountEntry& mount, const std::string& why) {
  // The connection first: once the mount is detached, its number may be that of another mount.
  const bool ended =
      abort_connection(mount.device).has_value() || detach_by_force(mount.mountpoint).has_value();
  if (is_there(mount)) {
    auto detached = detach(mount.mountpoint, true);
    if (!detached && is_there(mount)) return detached.error().at(mount.mountpoint);
  }
  return mount.mountpoint + ": " + why + "; the mount was detached, and " +
         (ended ? "programs that waited for it get errors"
                : "programs that wait for it wait until its daemon continues or is killed");
}

}  // namespace

Result<std::string> unmount(const std::string& given, bool only_if_idle) {
  const auto path = mount_path(given);
  if (!path) return path.error();
  const auto mount = esofs_mount_at(*path);
  if (!mount) return mount.error();
  if (!*mount) return Error(ENXIO, *path + ": no esofs is mounted there");
  // Read before the unmount: afterwards it is unknown.
  const auto status = read_mount_status(*path);
  const UniqueFd daemon = daemon_of(status);

  auto done = detach(*path, false);
  if (done) {
    return wait_for_end(daemon, steady_clock::now() + kLeaving) ? std::string()
                                                                : still_ending(*path, *status);
  }
  if (done.error().code() != EBUSY) return done.error().at(*path);
  if (only_if_idle) return Error(EBUSY, *path + ": files are in use");
  if (bound_elsewhere(**mount)) {
    auto detached = detach(*path, true);
    if (!detached) return detached.error().at(*path);
    return *path + ": detached; the same mount is still seen at other places";
  }
  if (!status && status.error().code() == ETIMEDOUT) return cut_off(**mount, "its daemon does not answer");
  const auto asked = Probe(ask_to_shut_down, *path).answer(probe_deadline());
  if (!asked) return cut_off(**mount, "its daemon cannot be asked to end (" + asked.error().what() + ")");
  const auto until = steady_clock::now() + kLeaving;
  if (!gone_until(until, **mount)) return cut_off(**mount, "its daemon was asked to end, and has not");
  if (!wait_for_end(daemon, until)) return still_ending(*path, *status);
  const bool at_terminal = ::isatty(STDERR_FILENO) == 1;
  return at_terminal ? *path + ": files were in use; their programs have got errors" : std::string();
}

}  // namespace esofs::mountopts
