#include "mountopts/slow_steps.h"

#include <gtest/gtest.h>

#include <mutex>
#include <sstream>
#include <string>
#include <thread>

namespace esofs::mountopts {
namespace {

// A text that one thread writes and another one reads.
class Shared : public std::stringbuf {
 public:
  std::string text() {
    const std::scoped_lock lock(mutex_);
    return str();
  }

 protected:
  std::streamsize xsputn(const char* bytes, std::streamsize size) override {
    const std::scoped_lock lock(mutex_);
    return std::stringbuf::xsputn(bytes, size);
  }

 private:
  std::mutex mutex_;
};

TEST(SlowSteps, AStepThatTakesLongIsSaid) {
  Shared written;
  std::ostream to(&written);
  SlowSteps steps(to, std::chrono::milliseconds(1));
  for (const char* step : {"opening the cache", "mounting"}) {
    steps.step(step);
    while (written.text().find(std::string("esofs: ") + step + " …\n") == std::string::npos)
      std::this_thread::yield();
  }
}

TEST(SlowSteps, QuickStepsAreNot) {
  Shared written;
  std::ostream to(&written);
  {
    SlowSteps steps(to, std::chrono::hours(1));
    steps.step("opening the cache");
    steps.step("mounting");
  }
  EXPECT_EQ(written.text(), "");
}

}  // namespace
}  // namespace esofs::mountopts
