#include "mountopts/commands/unmount.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <stop_token>
#include <system_error>
#include <utility>
#include <vector>

#include "client/base/pause.h"
#include "client/base/process.h"
#include "client/base/unique_fd.h"
#include "mountopts/commands/mount_status.h"
#include "mountopts/mount_table.h"

namespace esofs::mountopts {
namespace {

using namespace std::chrono_literals;

// fusermount3 is what libfuse itself unmounts with for users; root has it too.
Result<void> fusermount(const std::string& path, bool lazy) {
  std::vector<std::string> words{"fusermount3", "-u"};
  if (lazy) words.emplace_back("-z");
  words.emplace_back("--");
  words.push_back(path);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error(errno, "no pipe to fusermount3");
  UniqueFd from_child(ends[0]);
  UniqueFd to_child(ends[1]);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to_child.get(), STDERR_FILENO);
  pid_t child = 0;
  const int failed = ::posix_spawnp(&child, "fusermount3", &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) return Error(failed, "fusermount3 cannot be run (is the package fuse3 installed?)");
  to_child.reset();

  std::string said;
  std::array<char, 512> buffer{};
  for (ssize_t got = 0; (got = ::read(from_child.get(), buffer.data(), buffer.size())) > 0;) {
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  while (!said.empty() && said.back() == '\n') said.pop_back();
  // It looks for the user's own mounts only.
  if (said.find(" not found in ") != std::string::npos) return Error(EPERM, "another user has mounted it");
  return Error(said.find("busy") != std::string::npos ? EBUSY : EIO,
               said.empty() ? "fusermount3 failed" : said);
}

bool gone_within(std::chrono::milliseconds time, const std::string& path, pid_t pid) {
  const auto until = std::chrono::steady_clock::now() + time;
  while (is_esofs_mount(path) || process_alive(pid)) {
    if (std::chrono::steady_clock::now() > until) return false;
    (void)pause(10ms, std::stop_token());
  }
  return true;
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
  auto parent = std::filesystem::canonical(named.parent_path(), failed);
  if (failed) return Error(failed.value(), named.parent_path().string() + ": " + failed.message());
  const auto joined = parent / named.filename();
  // The last component may be a symbolic link to the mount; lstat of a dead mount fails, of a link it does not.
  if (std::filesystem::is_symlink(joined, failed)) {
    const auto target = std::filesystem::canonical(joined, failed);
    if (!failed) return target.string();
  }
  return joined.string();
}

Result<void> unmount(const std::string& given, bool only_if_idle) {
  auto path = mount_path(given);
  if (!path) return path.error();
  if (!is_esofs_mount(*path)) return Error(EINVAL, *path + ": no esofs is mounted there");
  // Asked before the unmount: afterwards nobody can say.
  const auto status = read_mount_status(*path);
  const pid_t pid = status ? status->pid : 0;

  auto done = fusermount(*path, false);
  if (done) {
    (void)gone_within(10s, *path, pid);
    return {};
  }
  if (done.error().code() != EBUSY) return done.error().at(*path);
  if (only_if_idle) return Error(EBUSY, *path + ": files are in use");
  if (pid > 0 && ::kill(pid, SIGTERM) == 0 && gone_within(5s, *path, pid)) return {};
  auto detached = fusermount(*path, true);
  if (!detached && is_esofs_mount(*path)) return detached.error().at(*path);
  return {};
}

Result<void> clear_dead_mount(const std::string& path) {
  // Not stat(2): the kernel may remember the attributes of the root.
  struct statvfs ignored {};
  if (::statvfs(path.c_str(), &ignored) == 0 || errno != ENOTCONN) return {};
  if (!is_esofs_mount(path))
    return Error(ENOTCONN, path + ": another filesystem's daemon has died here; unmount it first");
  auto detached = fusermount(path, true);
  if (!detached) return detached.error().at(path + ": the mount of a dead daemon cannot be removed");
  return {};
}

}  // namespace esofs::mountopts
