#include "mountopts/background.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace esofs::mountopts {
namespace {

// What the parent hears of a child that runs `daemon`.
template <class Daemon>
Result<void> heard_of(Daemon daemon) {
  Background background;
  auto started = background.start(true);
  if (!started.parent) {
    daemon(background);
    ::_exit(0);
  }
  return started.report;
}

TEST(BackgroundTest, TheParentHearsOfSuccess) {
  EXPECT_TRUE(heard_of([](Background& background) { background.report({}); }));
}

TEST(BackgroundTest, TheParentHearsTheErrnoAndTheSentence) {
  const auto heard = heard_of([](Background& background) {
    background.report(Error(EACCES, "no: 17 ways"));
    background.report({});
  });
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code(), EACCES);
  EXPECT_EQ(heard.error().what(), "no: 17 ways");
}

TEST(BackgroundTest, AChildThatDiesIsAnError) {
  const auto heard = heard_of([](Background&) {});
  ASSERT_FALSE(heard);
  EXPECT_EQ(heard.error().code(), EIO);
}

TEST(BackgroundTest, InTheForegroundNothingIsForked) {
  Background background;
  const auto started = background.start(false);
  EXPECT_FALSE(started.parent);
  EXPECT_TRUE(started.report);
}

}  // namespace
}  // namespace esofs::mountopts
