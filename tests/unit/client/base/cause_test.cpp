#include "client/base/cause.h"

#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace esofs {
namespace {

using namespace std::chrono_literals;

// This process under another name.
class Named {
 public:
  explicit Named(const char* name) {
    ::prctl(PR_GET_NAME, before_.data());
    ::prctl(PR_SET_NAME, name);
  }
  ~Named() { ::prctl(PR_SET_NAME, before_.data()); }
  Named(const Named&) = delete;
  Named& operator=(const Named&) = delete;

 private:
  std::array<char, 16> before_{};
};

Cause read_by(pid_t pid) { return {pid, 1000, Operation::kRead}; }

pid_t ended_process() {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  return child;
}

TEST(Cause, AProcessIsKnownByNameAndNumber) {
  const Named named("imhead");
  const Cause cause = read_by(::getpid()).named();
  EXPECT_EQ(cause.program(), "imhead");
  EXPECT_EQ(cause.user, 1000U);
  EXPECT_EQ(cause.text(), "read by imhead[" + std::to_string(::getpid()) + "]");
}

TEST(Cause, AThreadIsKnownByItsProcess) {
  const Named named("imhead");
  Cause cause;
  std::thread([&cause] {
    pthread_setname_np(pthread_self(), "worker");
    cause = read_by(::gettid()).named();
  }).join();
  EXPECT_EQ(cause.program(), "imhead");
  EXPECT_EQ(cause.pid, ::getpid());
}

TEST(Cause, OneThatIsNotKnownHasNoName) {
  EXPECT_EQ(read_by(0).named().text(), "read by an unknown program");
  const pid_t ended = ended_process();
  EXPECT_EQ(read_by(ended).named().text(), "read by process " + std::to_string(ended));
  EXPECT_EQ(Cause().named().text(), "esofs itself");
}

TEST(Cause, ANameOfManyLinesIsOne) {
  const Named named("a\nroot\t\x1b");
  const Cause cause = read_by(::getpid()).named();
  EXPECT_TRUE(cause.program().starts_with("a\\nroot")) << cause.program();
  EXPECT_EQ(cause.program().find_first_of("\n\x1b"), std::string_view::npos);
}

TEST(Cause, WhatIsReadAheadSaysForWhom) {
  const Named named("cp");
  EXPECT_EQ(read_by(::getpid()).named().ahead().text(), "ahead for cp[" + std::to_string(::getpid()) + "]");
  EXPECT_EQ(Cause().ahead().text(), "esofs itself");
}

TEST(Cause, HeadersOfManyFilesSayForWhom) {
  const Named named("cat");
  Cause cause = read_by(::getpid());
  cause.operation = Operation::kHeaders;
  EXPECT_EQ(cause.named().text(), "headers for cat[" + std::to_string(::getpid()) + "]");
}

TEST(Cause, WarmIsKnownByItsProgram) {
  const Named named(kWarmProgram);
  const Cause cause = read_by(::getpid()).named();
  EXPECT_EQ(cause.operation, Operation::kWarm);
  EXPECT_EQ(cause.text(), "warm[" + std::to_string(::getpid()) + "]");
}

TEST(Cause, EveryOperationHasAName) {
  EXPECT_EQ(operation_name(Operation::kNone), "none");
  EXPECT_EQ(operation_name(Operation::kRead), "read");
  EXPECT_EQ(operation_name(Operation::kWarm), "warm");
}

TEST(LastProgram, AProcessIsLookedAtOnceASecond) {
  const std::chrono::steady_clock::time_point begin{1h};
  LastProgram last;
  const Named before("sh");
  EXPECT_EQ(last.named(read_by(::getpid()), begin).program(), "sh");
  const Named after("cat");
  EXPECT_EQ(last.named(read_by(::getpid()), begin + 900ms).program(), "sh");
  EXPECT_EQ(last.named(read_by(::getpid()), begin + 1s).program(), "cat");
}

TEST(LastProgram, AnOperationIsThatOfTheCause) {
  LastProgram last;
  EXPECT_EQ(last.named(read_by(::getpid())).operation, Operation::kRead);
  EXPECT_EQ(last.named(read_by(::getpid()).ahead()).operation, Operation::kAhead);
}

TEST(LastProgram, AProcessThatHasEndedKeepsItsName) {
  const std::chrono::steady_clock::time_point begin{1h};
  const pid_t child = ::fork();
  if (child == 0) {
    for (;;) ::pause();
  }
  LastProgram last;
  const std::string name(last.named(read_by(child), begin).program());
  EXPECT_FALSE(name.empty());
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(last.named(read_by(child), begin + 5s).program(), name);
}

}  // namespace
}  // namespace esofs
