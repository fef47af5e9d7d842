#include "client/base/process.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <thread>

namespace esofs {
namespace {

TEST(Process, OneThatRunsIsAliveAndNoNumberIsNot) {
  EXPECT_TRUE(process_alive(::getpid()));
  EXPECT_FALSE(process_alive(0));
  EXPECT_FALSE(process_alive(-1));
}

TEST(Process, OneWhoseStatusWaitsToBeCollectedHasEnded) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t ended{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_FALSE(process_alive(child));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(process_alive(child));
}

TEST(Process, OneThatEndsWhileItIsLookedAtHasEnded) {
  for (int i = 0; i < 50; ++i) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    std::atomic<bool> collected = false;
    std::thread collector([&] {
      ::waitpid(child, nullptr, 0);
      collected = true;
    });
    while (!collected) (void)process_alive(child);  // neither throws nor hangs
    collector.join();
    EXPECT_FALSE(process_alive(child));
  }
}

}  // namespace
}  // namespace esofs
