// SlowSteps: says at the prompt what a mount does, if that takes long: "esofs: opening the cache in /data/esofs …".
//
//   shapes   a line for each step that has taken `patience`, and again every ten times as long
//   threads  it has one of its own; step() is for the thread that made it
#pragma once

#include <chrono>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <ostream>
#include <string>
#include <thread>

namespace esofs::mountopts {

class SlowSteps {
 public:
  // to: outlives it.
  explicit SlowSteps(std::ostream& to = std::cerr,
                     std::chrono::milliseconds patience = std::chrono::seconds(1));
  ~SlowSteps();
  SlowSteps(const SlowSteps&) = delete;
  SlowSteps& operator=(const SlowSteps&) = delete;

  // What is done from here on.
  void step(const std::string& doing);

 private:
  void run(const std::stop_token& stop);

  std::ostream& to_;
  const std::chrono::milliseconds patience_;
  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::string doing_;  // guarded by mutex_, as is
  unsigned steps_ = 0;
  std::jthread thread_;
};

}  // namespace esofs::mountopts
