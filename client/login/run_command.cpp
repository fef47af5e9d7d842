#include "client/login/run_command.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <optional>
#include <utility>

#include "client/base/unique_fd.h"

// NOLINTNEXTLINE(readability-redundant-declaration): POSIX has it in no header
extern char** environ;

namespace esofs::client {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMostOutput = 1U << 20U;
constexpr std::size_t kMostInput = 48U << 10U;  // less than a pipe holds
constexpr int kLookAgain = 50;                  // ms

struct Pipe {
  UniqueFd out;  // to read from
  UniqueFd in;

  static std::optional<Pipe> make() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
    return Pipe{UniqueFd(ends[0]), UniqueFd(ends[1])};
  }
};

class Actions {
 public:
  Actions() { posix_spawn_file_actions_init(&actions_); }
  ~Actions() { posix_spawn_file_actions_destroy(&actions_); }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  posix_spawn_file_actions_t* get() { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A process group of its own, which can be ended with all that the program has started, and the signals as a shell has them.
class Attributes {
 public:
  Attributes() {
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setpgroup(&attributes_, 0);
    sigset_t signals;
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    for (const int ignored : {SIGPIPE, SIGXFSZ}) sigaddset(&signals, ignored);  // as a daemon does
    posix_spawnattr_setsigdefault(&attributes_, &signals);
  }
  ~Attributes() { posix_spawnattr_destroy(&attributes_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  posix_spawnattr_t* get() { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

// A child that is killed with its process group, if it still runs, and waited for.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  ~Child() {
    if (pid_ <= 0) return;
    ::kill(-pid_, SIGKILL);
    ::kill(pid_, SIGKILL);  // should it have left its group
    (void)wait();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // It is not yet waited for, so that its number is not reused.
  bool ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
           info.si_pid != 0;
  }
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
    return status;
  }

 private:
  pid_t pid_;
};

// What the child writes until it has ended, even if another process still holds the other end of the pipe.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}

  Result<std::string> read(const Child& child, milliseconds limit, const std::stop_token& stop) {
    const auto deadline = steady_clock::now() + limit;
    for (;;) {
      if (stop.stop_requested()) return Error(EINTR, "stopped");
      if (steady_clock::now() >= deadline) return Error(ETIMEDOUT, "it did not end in time");
      const bool last = child.ended();  // before what it has written is read
      if (auto taken = take(last ? 0 : kLookAgain); !taken) return taken.error();
      if (last) return std::move(text_);
    }
  }

 private:
  // What has been written, after waiting at most `ms` for the first byte.
  Result<void> take(int patience) {
    std::array<char, 4096> buffer{};
    for (;; patience = 0) {
      pollfd ready{open_ ? fd_ : -1, POLLIN, 0};  // a number below 0: nothing but the time is waited for
      if (::poll(&ready, 1, patience) <= 0) return {};
      const ssize_t got = ::read(fd_, buffer.data(), buffer.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return Error(EIO, "its output cannot be read");
      if (got == 0) {
        open_ = false;
        return {};
      }
      text_.append(buffer.data(), static_cast<std::size_t>(got));
      if (text_.size() > kMostOutput) return Error(EIO, "it writes too much");
    }
  }

  const int fd_;
  bool open_ = true;
  std::string text_;
};

}  // namespace

Result<Ended> run_program(const std::vector<std::string>& words, const std::string& input, milliseconds limit,
                          const std::stop_token& stop) {
  if (input.size() > kMostInput) return Error(EFBIG, "too much is to be told to " + words.front());
  auto to_child = Pipe::make();
  auto from_child = Pipe::make();
  if (!to_child || !from_child) return Error(EMFILE, "no pipe to " + words.front());
  // All of it fits into the pipe, so this does not wait for a program that does not read.
  if (!input.empty() && ::write(to_child->in.get(), input.data(), input.size()) < 0)
    return Error(errno, "no pipe to " + words.front());
  to_child->in.reset();
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  arguments.reserve(copies.size() + 1);
  for (auto& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  Actions actions;
  posix_spawn_file_actions_adddup2(actions.get(), to_child->out.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(actions.get(), from_child->in.get(), STDOUT_FILENO);
  // Libraries do not mark all of their files as ours alone.
  posix_spawn_file_actions_addclosefrom_np(actions.get(), STDERR_FILENO + 1);
  Attributes attributes;
  pid_t pid = 0;
  const int failed =
      ::posix_spawnp(&pid, arguments[0], actions.get(), attributes.get(), arguments.data(), environ);
  if (failed != 0) return Error(failed, words.front() + " cannot be run");
  to_child->out.reset();
  from_child->in.reset();
  Child child(pid);
  auto output = Output(from_child->out.get()).read(child, limit, stop);
  if (!output) return output.error().at(words.front());
  const int status = child.wait();
  return Ended{WIFEXITED(status) ? WEXITSTATUS(status) : -1, *std::move(output)};
}

Result<std::string> run_command(const std::vector<std::string>& words, milliseconds limit,
                                const std::stop_token& stop) {
  auto ended = run_program(words, "", limit, stop);
  if (!ended) return ended.error();
  if (ended->status != 0) return Error(EIO, words.front() + " failed");
  return std::move(ended->output);
}

}  // namespace esofs::client
