#include "fs/tree/made_directories.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <string>

namespace esofs::fs {
namespace {

// This thread is the main one, whose name is that of the process.
class MadeDirectoriesTest : public ::testing::Test {
 protected:
  MadeDirectoriesTest() {
    ::prctl(PR_GET_NAME, before_.data());
    ::prctl(PR_SET_NAME, "cp");
  }
  ~MadeDirectoriesTest() override { ::prctl(PR_SET_NAME, before_.data()); }

  static Cause us() {
    Cause cause;
    cause.pid = ::getpid();
    return cause;
  }
  static Cause others() {
    Cause cause;
    cause.pid = ::getppid();
    return cause;
  }

  MadeDirectories made_;

 private:
  std::array<char, 16> before_{};
};

TEST_F(MadeDirectoriesTest, ANewDirectoryIsEmptyForTheProcessThatMadeIt) {
  made_.made("a", us(), 100);
  EXPECT_TRUE(made_.empty_for("a", us(), 101));
  EXPECT_FALSE(made_.empty_for("b", us(), 101));
  EXPECT_FALSE(made_.empty_for("a", others(), 101));
  made_.filled("a");
  EXPECT_FALSE(made_.empty_for("a", us(), 101));
}

TEST_F(MadeDirectoriesTest, CpListsItsSourceNext) {
  EXPECT_FALSE(made_.lists_source(us(), 100));
  made_.made("a", us(), 100);
  EXPECT_FALSE(made_.lists_source(others(), 100));
  EXPECT_TRUE(made_.lists_source(us(), 100));
  EXPECT_FALSE(made_.lists_source(us(), 100)) << "what it lists after that is something else";
}

TEST_F(MadeDirectoriesTest, AnotherProgramSeesAllThatItLists) {
  ::prctl(PR_SET_NAME, "python3");
  made_.made("a", us(), 100);
  EXPECT_FALSE(made_.lists_source(us(), 100));
}

TEST_F(MadeDirectoriesTest, AfterSomeSecondsADirectoryIsAsAnyOther) {
  made_.made("a", us(), 100);
  EXPECT_FALSE(made_.empty_for("a", us(), 200));
  EXPECT_FALSE(made_.lists_source(us(), 200));
}

TEST_F(MadeDirectoriesTest, OfAnUnknownProcessNothingIsRemembered) {
  made_.made("a", Cause(), 100);
  EXPECT_FALSE(made_.empty_for("a", Cause(), 100));
  EXPECT_FALSE(made_.lists_source(Cause(), 100));
}

}  // namespace
}  // namespace esofs::fs
