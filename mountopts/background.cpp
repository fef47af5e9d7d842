#include "mountopts/background.h"

#include <fcntl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>

namespace esofs::mountopts {
namespace {

// A report is "<errno> <sentence>" up to the end of the pipe; errno 0 is success.
Result<void> parsed_report(std::string_view text) {
  int code = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), code);
  if (failed != std::errc()) return Error(EIO, "the daemon ended before the mount was ready");
  if (code == 0) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return Error(code, std::string(text));
}

Error failed_to(const char* made) {
  return {errno, std::string(made) + " cannot be made: " + std::generic_category().message(errno)};
}

std::string read_to_end(int fd) {
  std::string text;
  std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace

Background::Started Background::start(bool detach) {
  if (!detach) return {false, {}};
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {true, failed_to("a pipe to the daemon")};
  UniqueFd from_child(ends[0]);
  UniqueFd to_parent(ends[1]);
  const pid_t child = ::fork();
  if (child < 0) return {true, failed_to("the daemon")};
  if (child > 0) {
    to_parent.reset();
    return {true, parsed_report(read_to_end(from_child.get()))};
  }
  (void)::setsid();
  (void)::chdir("/");
  to_parent_ = std::move(to_parent);
  return {false, {}};
}

void Background::report(const Result<void>& outcome) {
  if (!to_parent_) return;
  const std::string text =
      outcome ? std::string("0") : std::to_string(outcome.error().code()) + " " + outcome.error().what();
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(to_parent_.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) break;
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  to_parent_.reset();
}

void Background::detach_terminal() {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return;
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) (void)::dup2(null.get(), fd);
}

void Background::close_inherited() { (void)::close_range(STDERR_FILENO + 1, ~0U, 0); }

void Background::open_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    // The lowest free number is given out: that of the stream.
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF) (void)!::open("/dev/null", O_RDWR);
  }
}

}  // namespace esofs::mountopts
