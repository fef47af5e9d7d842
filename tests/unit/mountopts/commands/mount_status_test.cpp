#include "mountopts/commands/mount_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace esofs::mountopts {
namespace {

using ::testing::HasSubstr;

TEST(MountStatusTest, WhatTheArchiveSentIsToldOfFiles) {
  MountStatus status;
  status.document = {
      {"cache",
       {{"bytes", 3U << 20U}, {"max_bytes", 1U << 30U}, {"fetched_bytes", 2U << 20U}, {"requests", 5}}}};
  EXPECT_THAT(status_text("/mnt/eso", status), HasSubstr("\n  cache     3.0 MiB of 1.0 GiB\n"
                                                         "  files     archive sent 2.0 MiB in 5 requests\n"));
}

}  // namespace
}  // namespace esofs::mountopts
