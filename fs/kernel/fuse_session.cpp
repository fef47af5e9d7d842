#include "fs/kernel/fuse_session.h"

#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "client/base/unique_fd.h"
#include "fs/kernel/fuse_ops.h"
#include "fs/kernel/reply.h"

namespace esofs::fs {
namespace {

// --- signals: a handler has nothing but globals ---

std::atomic<int> signal_fd{-1};  // the eventfd of the session that runs
std::atomic<int> hangup_fd{-1};  // the same for SIGHUP, if it does not end the session

void count(int fd) {
  const int saved = errno;
  const std::uint64_t one = 1;
  if (fd >= 0) (void)!::write(fd, &one, sizeof(one));
  errno = saved;
}
void on_ending(int) { count(signal_fd.load()); }
void on_hangup(int) { count(hangup_fd.load()); }
void on_wake(int) {}

constexpr int kWake = SIGUSR1;  // makes the loop's wait return

// While it lives, SIGTERM and SIGINT write to `ending`, SIGHUP to `hangup` (-1: to `ending`), unless they were ignored before,
// as nohup(1) and shells with jobs in the background arrange it. SIGPIPE is ignored.
class SignalHandlers {
 public:
  SignalHandlers(int ending, int hangup) {
    signal_fd = ending;
    hangup_fd = hangup;
    handle(SIGTERM, on_ending);
    handle(SIGINT, on_ending);
    handle(SIGHUP, hangup >= 0 ? on_hangup : on_ending);
    handle(kWake, on_wake);
    handle(SIGPIPE, SIG_IGN);
  }
  SignalHandlers(const SignalHandlers&) = delete;
  SignalHandlers& operator=(const SignalHandlers&) = delete;
  ~SignalHandlers() {
    for (const auto& [signal, action] : old_) ::sigaction(signal, &action, nullptr);
    signal_fd = -1;
    hangup_fd = -1;
  }

 private:
  void handle(int signal, void (*handler)(int)) {
    struct sigaction old {};
    ::sigaction(signal, nullptr, &old);
    if (old.sa_handler == SIG_IGN && signal != kWake) return;
    struct sigaction action {};
    action.sa_handler = handler;  // without SA_RESTART: a blocked semaphore must return
    ::sigaction(signal, &action, nullptr);
    old_.emplace_back(signal, old);
  }
  std::vector<std::pair<int, struct sigaction>> old_;
};

// --- FUSE_PARALLEL_DIROPS: libfuse before 3.17 wants the flag and never sends it (libfuse PR 861) ---

std::atomic<std::uint64_t> init_request{0};  // its number, to know its answer

ssize_t read_request(int fd, void* buffer, std::size_t size, void*) {
  const ssize_t got = ::read(fd, buffer, size);
  if (got >= static_cast<ssize_t>(sizeof(fuse_in_header))) {
    fuse_in_header header{};
    std::memcpy(&header, buffer, sizeof(header));
    if (header.opcode == FUSE_INIT) init_request = header.unique;
  }
  return got;
}

ssize_t write_answer(int fd, iovec* pieces, int count, void*) {
  if (init_request != 0 && count == 2 && pieces[1].iov_len >= offsetof(fuse_init_out, max_background)) {
    fuse_out_header header{};
    std::memcpy(&header, pieces[0].iov_base, sizeof(header));
    if (header.unique == init_request && header.error == 0) {
      auto* out = static_cast<fuse_init_out*>(pieces[1].iov_base);
      out->flags |= FUSE_PARALLEL_DIROPS;
      init_request = 0;
    }
  }
  return ::writev(fd, pieces, count);
}

Result<void> add_parallel_dirops(fuse_session* session) {
  if (fuse_version() >= 317) return {};
  init_request = 0;
  fuse_custom_io io{};
  io.read = read_request;
  io.writev = write_answer;
  const int failed = fuse_session_custom_io(session, &io, fuse_session_fd(session));
  if (failed != 0) return Error(-failed, "fuse_session_custom_io");
  return {};
}

// --- the session ---

struct SessionDeleter {
  void operator()(fuse_session* session) const { fuse_session_destroy(session); }
};
struct LoopConfigDeleter {
  void operator()(fuse_loop_config* config) const { fuse_loop_cfg_destroy(config); }
};

// What libfuse says while it mounts, which it would print; kept for the error's sentence.
thread_local std::string* said = nullptr;

// One option as libfuse reads it: a backslash makes the character behind it part of the option.
std::string escaped(const std::string& option) {
  std::string text;
  for (const char c : option) {
    if (c == ',' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

void keep_message(fuse_log_level, const char* format, va_list arguments) {
  std::array<char, 1024> line{};
  const int size = std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string text(line.data(),
                   size < 0 ? 0 : std::min<std::size_t>(static_cast<std::size_t>(size), line.size() - 1));
  while (text.ends_with('\n')) text.pop_back();
  if (said != nullptr) {
    *said += (said->empty() ? "" : "; ") + text;
  } else {
    spdlog::warn("libfuse: {}", text);
  }
}

class Session : public FuseSession {
 public:
  Session(Filesystem& filesystem, Timer& timer, SessionConfig config)
      : config_(std::move(config)),
        stop_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        hangup_fd_(config_.on_hangup ? ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK) : -1),
        connection_(filesystem, timer) {
    connection_.stop = [this] { stop(); };
    connection_.readahead_bytes = config_.readahead_bytes;
    connection_.max_background = config_.max_background;
  }

  ~Session() override { unmount(); }

  Result<void> attach() {
    if (!stop_fd_) return Error(errno, std::string("eventfd: ") + std::generic_category().message(errno));
    std::string messages;
    said = &messages;
    fuse_set_log_func(keep_message);
    auto attached = attach_with(messages);
    said = nullptr;
    return attached;
  }

  Result<void> run(std::function<void()> ready) override {
    const std::unique_ptr<fuse_loop_config, LoopConfigDeleter> loop(fuse_loop_cfg_create());
    fuse_loop_cfg_set_max_threads(loop.get(), config_.max_threads);
    fuse_loop_cfg_set_idle_threads(loop.get(), config_.max_threads);
    fuse_loop_cfg_set_clone_fd(loop.get(), 0);
    int ended = 0;
    {
      const SignalHandlers handlers(stop_fd_.get(), hangup_fd_.get());
      const std::jthread stopper([this, loop_thread = pthread_self()](const std::stop_token& over) {
        stop_when_asked(over, loop_thread);
      });
      if (ready) ready();
      ended = fuse_session_loop_mt(session_.get(), loop.get());
    }
    unmount();
    if (ended < 0) return Error(-ended, "serving " + config_.mountpoint);
    return {};
  }

  void stop() override {
    const std::uint64_t one = 1;
    (void)!::write(stop_fd_.get(), &one, sizeof(one));
  }

 private:
  Result<void> attach_with(const std::string& messages) {
    std::string options = "nosuid,nodev";
    for (const auto& option : config_.fuse_options) options += "," + escaped(option);
    std::array<std::string, 3> words{"esofs", "-o", options};
    std::array<char*, 3> argv{words[0].data(), words[1].data(), words[2].data()};
    fuse_args args{static_cast<int>(argv.size()), argv.data(), 0};
    session_.reset(fuse_session_new(&args, &fuse_operations(), sizeof(fuse_lowlevel_ops), &connection_));
    fuse_opt_free_args(&args);
    if (!session_) return Error(EINVAL, "the FUSE options " + options + " are refused: " + messages);
    errno = 0;
    if (fuse_session_mount(session_.get(), config_.mountpoint.c_str()) != 0) {
      const int code = errno != 0 ? errno : EIO;
      session_.reset();
      return Error(code, "mounting on " + config_.mountpoint + ": " +
                             (messages.empty() ? std::generic_category().message(code) : messages));
    }
    mounted_ = true;
    connection_.session = session_.get();
    return add_parallel_dirops(session_.get());
  }

  // fuse_session_exit() does not wake the loop, which waits on a semaphore: a signal to its thread does. Repeated, because
  // the loop may be just about to wait.
  void stop_when_asked(const std::stop_token& over, pthread_t loop_thread) {
    const std::stop_callback wake(over, [this] { stop(); });
    std::array<pollfd, 2> asked{{{stop_fd_.get(), POLLIN, 0}, {hangup_fd_.get(), POLLIN, 0}}};
    while (asked[0].revents == 0) {
      if (::poll(asked.data(), asked.size(), -1) <= 0 || asked[1].revents == 0) continue;
      std::uint64_t times = 0;
      (void)!::read(hangup_fd_.get(), &times, sizeof(times));
      config_.on_hangup();
    }
    while (!over.stop_requested()) {
      fuse_session_exit(session_.get());
      pthread_kill(loop_thread, kWake);
      (void)::poll(nullptr, 0, 50);
    }
  }

  // All waiting requests are answered first, while the kernel can still take the answers.
  void unmount() {
    if (!mounted_) return;
    mounted_ = false;
    const std::size_t left = connection_.pending->end_all(config_.teardown_patience);
    if (left > 0) spdlog::warn("unmounting {}: {} requests were never answered", config_.mountpoint, left);
    fuse_session_unmount(session_.get());
    connection_.pending->wait_answered();
  }

  const SessionConfig config_;
  const UniqueFd stop_fd_;
  const UniqueFd hangup_fd_;
  std::unique_ptr<fuse_session, SessionDeleter> session_;
  bool mounted_ = false;
  Connection connection_;  // last: its notifier ends before the session that it talks to
};

}  // namespace

Result<std::unique_ptr<FuseSession>> FuseSession::mount(Filesystem& filesystem, Timer& timer,
                                                        SessionConfig config) {
  auto session = std::make_unique<Session>(filesystem, timer, std::move(config));
  if (auto attached = session->attach(); !attached) return attached.error();
  return std::unique_ptr<FuseSession>(std::move(session));
}

}  // namespace esofs::fs
