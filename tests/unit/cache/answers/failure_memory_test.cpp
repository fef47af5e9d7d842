#include "cache/answers/failure_memory.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

namespace esofs::cache {
namespace {

using std::chrono::seconds;

TEST(FailureMemoryTest, AFailureIsToldUntilItIsTooOld) {
  FailureMemory<std::string> memory(seconds(10));
  memory.remember("a", Error(EIO, "broken"), 100);
  ASSERT_TRUE(memory.recall("a", 109));
  EXPECT_EQ(memory.recall("a", 109)->code(), EIO);
  EXPECT_FALSE(memory.recall("b", 109));
  EXPECT_FALSE(memory.recall("a", 110));
}

TEST(FailureMemoryTest, AClockThatWasSetBackEndsIt) {
  FailureMemory<std::string> memory(seconds(10));
  memory.remember("a", Error(EIO, "broken"), 100);
  EXPECT_FALSE(memory.recall("a", 99));
}

TEST(FailureMemoryTest, ALaterFailureTakesThePlace) {
  FailureMemory<int> memory(seconds(10));
  memory.remember(1, Error(EIO, "broken"), 100);
  memory.remember(1, Error(ENOENT, "gone"), 105);
  ASSERT_TRUE(memory.recall(1, 112));
  EXPECT_EQ(memory.recall(1, 112)->code(), ENOENT);
  memory.forget(1);
  EXPECT_FALSE(memory.recall(1, 112));
}

TEST(FailureMemoryTest, ItDoesNotGrowWithoutBound) {
  FailureMemory<int> memory(seconds(10));
  for (int key = 0; key <= 4096; ++key) memory.remember(key, Error(EIO, "broken"), 100);
  EXPECT_FALSE(memory.recall(0, 100));
  EXPECT_TRUE(memory.recall(4096, 100));
}

}  // namespace
}  // namespace esofs::cache
