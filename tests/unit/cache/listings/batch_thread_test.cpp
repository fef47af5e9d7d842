#include "cache/listings/batch_thread.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <semaphore>
#include <stdexcept>

namespace esofs::cache {
namespace {

TEST(BatchThreadTest, OneThreadDoesAllTheWork) {
  BatchThread thread;
  std::thread::id first;
  std::thread::id second;
  thread.begin([&]() -> Result<void> {
    first = std::this_thread::get_id();
    return {};
  });
  EXPECT_TRUE(thread.begun());
  EXPECT_TRUE(thread.end());
  EXPECT_FALSE(thread.begun());
  thread.begin([&]() -> Result<void> {
    second = std::this_thread::get_id();
    return Error(ENOSPC, "full");
  });
  const auto failed = thread.end();
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ENOSPC);
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(BatchThreadTest, WhatWasBegunIsDoneBeforeTheEnd) {
  std::atomic<bool> done = false;
  std::binary_semaphore go(0);
  {
    BatchThread thread;
    thread.begin([&]() -> Result<void> {
      go.acquire();
      done = true;
      return {};
    });
    go.release();
  }
  EXPECT_TRUE(done);
}

TEST(BatchThreadTest, WithoutWorkThereIsNoThread) {
  const BatchThread thread;
  EXPECT_FALSE(thread.begun());
}

}  // namespace
}  // namespace esofs::cache
