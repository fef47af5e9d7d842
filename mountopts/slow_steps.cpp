#include "mountopts/slow_steps.h"

#include <stop_token>

namespace esofs::mountopts {
namespace {

constexpr int kAgain = 10;

std::string after(std::chrono::steady_clock::duration time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return seconds < kAgain ? "" : " (" + std::to_string(seconds) + " s so far)";
}

}  // namespace

SlowSteps::SlowSteps(std::ostream& to, std::chrono::milliseconds patience)
    : to_(to), patience_(patience), thread_([this](const std::stop_token& stop) { run(stop); }) {}

SlowSteps::~SlowSteps() {
  thread_.request_stop();
  thread_.join();
}

void SlowSteps::step(const std::string& doing) {
  const std::scoped_lock lock(mutex_);
  doing_ = doing;
  ++steps_;
  changed_.notify_all();
}

void SlowSteps::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    const unsigned step = steps_;
    const auto begun = std::chrono::steady_clock::now();
    auto wait = patience_;
    while (!changed_.wait_for(lock, stop, wait, [&] { return steps_ != step; })) {
      if (stop.stop_requested()) return;
      if (!doing_.empty())
        to_ << "esofs: " + doing_ + " …" + after(std::chrono::steady_clock::now() - begun) + "\n"
            << std::flush;
      wait = kAgain * patience_;
    }
  }
}

}  // namespace esofs::mountopts
