#include "mountopts/commands/progress.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <iostream>

#include "mountopts/units.h"

namespace esofs::mountopts {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kRedraw{200};
constexpr milliseconds kLineEvery{10'000};
constexpr milliseconds kRateKnown{500};  // before, a rate is chance
constexpr std::size_t kBar = 20;

std::string clock_text(std::uint64_t seconds) {
  const auto two = [](std::uint64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  const std::string minutes = seconds >= 3600 ? two(seconds / 60 % 60) : std::to_string(seconds / 60);
  return (seconds >= 3600 ? std::to_string(seconds / 3600) + ":" : "") + minutes + ":" + two(seconds % 60);
}

struct Shares {
  double done;
  double kept;  // of what is done
};

// Of all, by bytes if their number is known.
Shares shares(const ProgressCounts& counts) {
  const bool by_bytes = counts.all_bytes > 0;
  const auto all = static_cast<double>(by_bytes ? counts.all_bytes : counts.all_files);
  const auto share = [all](std::uint64_t part) {
    return all > 0 ? std::min(static_cast<double>(part) / all, 1.0) : 0.0;
  };
  if (by_bytes) return {share(counts.bytes), share(counts.kept_bytes)};
  return {share(counts.files), share(counts.kept_files)};
}

std::size_t terminal_width() {
  winsize size{};
  return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string progress_line(const ProgressCounts& counts, milliseconds elapsed, std::size_t width) {
  const double seconds = static_cast<double>(elapsed.count()) / 1000;
  const auto [share, kept] = shares(counts);
  std::string text = std::to_string(counts.files) + "/" + std::to_string(counts.all_files) + " files  " +
                     human_bytes(counts.bytes);
  if (counts.kept_files > 0) text += "  (" + std::to_string(counts.kept_files) + " were here)";
  if (elapsed >= kRateKnown) {
    const std::uint64_t fetched = counts.bytes - std::min(counts.bytes.load(), counts.kept_bytes.load());
    text += "  " + human_bytes(static_cast<std::uint64_t>(static_cast<double>(fetched) / seconds)) + "/s";
    if (share > kept && share < 1)
      text += "  " + clock_text(static_cast<std::uint64_t>(seconds * (1 - share) / (share - kept) + 0.5)) +
              " left";
  }
  if (width < text.size() + kBar + 4) return text.substr(0, width == 0 ? std::string::npos : width - 1);
  const auto filled = static_cast<std::size_t>(share * static_cast<double>(kBar));
  return "[" + std::string(filled, '#') + std::string(kBar - filled, ' ') + "] " + text;
}

Progress::Progress(const ProgressCounts& counts)
    : counts_(counts), begun_(steady_clock::now()), terminal_(::isatty(STDERR_FILENO) == 1) {
  sigset_t interrupts{};
  ::sigemptyset(&interrupts);
  ::sigaddset(&interrupts, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &interrupts, &before_);
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Progress::~Progress() {
  thread_.request_stop();
  thread_.join();
  if (terminal_) std::cerr << "\r\033[K" << std::flush;
  ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void Progress::run(const std::stop_token& stop) const {
  sigset_t interrupts{};
  ::sigemptyset(&interrupts);
  ::sigaddset(&interrupts, SIGINT);
  auto next_line = begun_ + kLineEvery;
  while (!stop.stop_requested()) {
    const timespec wait{0, static_cast<long>(kRedraw.count()) * 1'000'000};
    const int signal = ::sigtimedwait(&interrupts, nullptr, &wait);
    const auto now = steady_clock::now();
    const auto elapsed = std::chrono::duration_cast<milliseconds>(now - begun_);
    if (signal == SIGINT) {
      std::cerr << (terminal_ ? "\r\033[K" : "")
                << "esofs: interrupted: " << progress_line(counts_, elapsed, 0)
                << "; what was read is in the cache\n"
                << std::flush;
      (void)std::signal(SIGINT, SIG_DFL);
      ::pthread_sigmask(SIG_UNBLOCK, &interrupts, nullptr);
      (void)::raise(SIGINT);
    } else if (terminal_) {
      std::cerr << "\r\033[K" << progress_line(counts_, elapsed, terminal_width()) << std::flush;
    } else if (now >= next_line) {
      next_line = now + kLineEvery;
      std::cerr << "esofs: " << progress_line(counts_, elapsed, 0) << '\n' << std::flush;
    }
  }
}

}  // namespace esofs::mountopts
