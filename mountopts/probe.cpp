#include "mountopts/probe.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "fs/kernel/fuse_session.h"

namespace esofs::mountopts {
namespace {

using std::chrono::steady_clock;

void write_all(int fd, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(fd, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
}

// Closes everything that others may wait for, such as the pipe from which a command's output is read.
void keep_only(int fd) {
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (null >= 0 && standard != fd) (void)::dup2(null, standard);
  }
  const auto kept = static_cast<unsigned>(fd);
  if (kept > 3) (void)::close_range(3, kept - 1, 0);
  (void)::close_range(std::max(kept + 1, 3U), ~0U, 0);
}

// The text of the child, then its errno.
[[noreturn]] void look_and_end(Probe::Look look, const char* path, int out) {
  keep_only(out);
  const int code = look(path, out);
  std::array<char, sizeof(code)> bytes{};
  std::memcpy(bytes.data(), &code, sizeof(code));
  write_all(out, bytes.data(), bytes.size());
  ::_exit(0);
}

Result<std::string> parted(std::string said) {
  int code = 0;
  if (said.size() < sizeof(code)) return Error(EIO, "the look ended without an answer");
  std::memcpy(&code, said.data() + said.size() - sizeof(code), sizeof(code));
  said.resize(said.size() - sizeof(code));
  if (code != 0) return Error(code, std::strerror(code));  // NOLINT(concurrency-mt-unsafe)
  return said;
}

}  // namespace

Probe::Probe(Look look, const std::string& path) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
    started_ = errno;
    return;
  }
  from_child_ = UniqueFd(ends[0]);
  const UniqueFd to_parent(ends[1]);
  child_ = ::fork();
  if (child_ == 0) look_and_end(look, path.c_str(), to_parent.get());
  if (child_ < 0) started_ = errno;
}

Probe::~Probe() {
  if (!from_child_ || child_ <= 0) return;
  if (::waitpid(child_, nullptr, WNOHANG) != 0) return;
  // It may be about to end, or waits for the daemon: in vain from here on.
  ::kill(child_, SIGKILL);
  for (int i = 0; i < 20 && ::waitpid(child_, nullptr, WNOHANG) == 0; ++i) (void)::poll(nullptr, 0, 1);
}

Result<std::string> Probe::answer(steady_clock::time_point until) {
  if (started_ != 0)
    return Error(started_, std::string("no process could be started: ") +
                               std::strerror(started_));  // NOLINT(concurrency-mt-unsafe)
  std::string said;
  std::array<char, 16384> buffer{};
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady_clock::now());
    pollfd child{from_child_.get(), POLLIN, 0};
    const int ready = ::poll(&child, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return Error(ETIMEDOUT, "no answer");
    const ssize_t got = ::read(from_child_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error(errno, "reading from the child");
    if (got == 0) return parted(std::move(said));
    said.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

steady_clock::time_point probe_deadline() { return steady_clock::now() + kProbePatience; }

int read_whole_file(const char* path, int out) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return errno;
  std::array<char, 16384> buffer{};
  for (;;) {
    const ssize_t got = ::read(file, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return errno;
    if (got == 0) return 0;
    write_all(out, buffer.data(), static_cast<std::size_t>(got));
  }
}

int look_at_filesystem(const char* path, int /*out*/) {
  struct statvfs ignored {};
  return ::statvfs(path, &ignored) == 0 ? 0 : errno;
}

int ask_to_shut_down(const char* path, int /*out*/) {
  const int root = ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (root < 0) return errno;
  return ::ioctl(root, fs::kShutDown, nullptr) == 0 ? 0 : errno;
}

}  // namespace esofs::mountopts
