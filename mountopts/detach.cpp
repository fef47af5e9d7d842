#include "mountopts/detach.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <system_error>
#include <utility>
#include <vector>

#include "client/base/unique_fd.h"

namespace esofs::mountopts {
namespace {

class SpawnActions {
 public:
  SpawnActions() { posix_spawn_file_actions_init(&actions_); }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() { posix_spawn_file_actions_destroy(&actions_); }
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

struct Ended {
  int status = 0;    // as of waitpid(2)
  std::string said;  // on standard error
};

Result<Ended> run(std::vector<std::string> words) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0)
    return Error(errno, "no pipe to " + words.front() + ": " + std::generic_category().message(errno));
  const UniqueFd from_child(ends[0]);
  UniqueFd to_parent(ends[1]);
  SpawnActions actions;
  posix_spawn_file_actions_adddup2(actions.get(), to_parent.get(), STDERR_FILENO);
  pid_t child = 0;
  const int failed =
      ::posix_spawnp(&child, words.front().c_str(), actions.get(), nullptr, arguments.data(), environ);
  if (failed == ENOENT)
    return Error(failed, words.front() + " cannot be run (is the package fuse3 installed?)");
  if (failed != 0)
    return Error(failed, words.front() + " cannot be run: " + std::generic_category().message(failed));
  to_parent.reset();
  Ended ended;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(from_child.get(), buffer.data(), buffer.size())) > 0;) {
    ended.said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  while (::waitpid(child, &ended.status, 0) < 0 && errno == EINTR) {
  }
  while (!ended.said.empty() && ended.said.back() == '\n') ended.said.pop_back();
  return ended;
}

Result<void> by_fusermount(const std::string& mountpoint, bool lazy) {
  std::vector<std::string> words{"fusermount3", "-u"};
  if (lazy) words.emplace_back("-z");
  words.emplace_back("--");
  words.push_back(mountpoint);
  const auto ended = run(std::move(words));
  if (!ended) return ended.error();
  if (WIFEXITED(ended->status) && WEXITSTATUS(ended->status) == 0) return {};
  // It looks for the user's own mounts only.
  if (ended->said.find(" not found in ") != std::string::npos)
    return Error(EPERM, "another user has mounted it");
  return Error(ended->said.find("busy") != std::string::npos ? EBUSY : EIO,
               ended->said.empty() ? "fusermount3 failed" : ended->said);
}

}  // namespace

Result<void> detach(const std::string& mountpoint, bool lazy) {
  if (::geteuid() != 0) return by_fusermount(mountpoint, lazy);
  if (::umount2(mountpoint.c_str(), UMOUNT_NOFOLLOW | (lazy ? MNT_DETACH : 0)) == 0) return {};
  if (errno != EPERM) return Error(errno, std::generic_category().message(errno));
  // root of a user namespace may not, but fusermount3 may.
  return by_fusermount(mountpoint, lazy);
}

Result<void> detach_by_force(const std::string& mountpoint) {
  if (::umount2(mountpoint.c_str(), UMOUNT_NOFOLLOW | MNT_FORCE | MNT_DETACH) == 0) return {};
  return Error(errno, std::generic_category().message(errno));
}

Result<void> abort_connection(const std::string& device) {
  // The connection is numbered as the device is: (major << 20) + minor, and the major number is 0.
  if (!device.starts_with("0:")) return Error(EINVAL, device + " is not a device of FUSE");
  const std::string path = "/sys/fs/fuse/connections/" + device.substr(2) + "/abort";
  const UniqueFd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file || ::write(file.get(), "1", 1) != 1)
    return Error(errno, path + ": " + std::generic_category().message(errno));
  return {};
}

}  // namespace esofs::mountopts
