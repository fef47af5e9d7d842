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

TEST(MountStatusTest, WhatIsWrongWithTheDiskOfTheCacheIsShown) {
  MountStatus status;
  status.document = {{"cache", {{"bytes", 0}, {"problem", "the disk of the cache is full"}}}};
  EXPECT_THAT(status_text("/mnt/eso", status), HasSubstr("\n  PROBLEM   the disk of the cache is full\n"));
}

TEST(MountStatusTest, ProgramsAndDecisionsAreShownWhenAskedFor) {
  MountStatus status;
  status.document = {
      {"programs",
       {{{"program", "cp"}, {"bytes", 3U << 20U}, {"requests", 12}},
        {{"program", "im\x1bhead"}, {"bytes", 1024}, {"requests", 2}}}},
      {"read_ahead", {{"asked_bytes", 3U << 20U}, {"used_bytes", 2U << 20U}, {"dropped_bytes", 1U << 20U}}},
      {"evicted",
       {{"for_cache_size", {{"segments", 4}, {"bytes", 64U << 20U}}},
        {"for_cache_reserve", {{"segments", 0}, {"bytes", 0}}}}},
      {"retries", {{"HTTP 503", 2}, {"the connection failed", 1}}}};
  EXPECT_THAT(
      status_text("/mnt/eso", status, true),
      HasSubstr(
          "\n  programs  cp: 3.0 MiB in 12 requests\n"
          "            im?head: 1.0 KiB in 2 requests\n"
          "  ahead     3.0 MiB asked for ahead of readers: 2.0 MiB read, 1.0 MiB dropped\n"
          "  evicted   64.0 MiB (4 segments) to keep cache_size, 0 B (0 segments) to keep cache_reserve\n"
          "  retries   HTTP 503: 2, the connection failed: 1\n"));
  EXPECT_THAT(status_text("/mnt/eso", status), ::testing::Not(HasSubstr("programs")));
}

TEST(MountStatusTest, AMountThatHasFetchedNothingSaysSo) {
  MountStatus status;
  status.document = {{"programs", nlohmann::json::array()}, {"retries", nlohmann::json::object()}};
  EXPECT_THAT(status_text("/mnt/eso", status, true),
              HasSubstr("\n  programs  none has asked the archive for anything\n  retries   none\n"));
}

TEST(MountStatusTest, ADaemonOfAnEarlierVersionHasNoneOfThem) {
  MountStatus status;
  status.document = nlohmann::json::object();
  const std::string text = status_text("/mnt/eso", status, true);
  for (const char* word : {"programs", "ahead", "evicted", "retries"})
    EXPECT_THAT(text, ::testing::Not(HasSubstr(word)));
}

}  // namespace
}  // namespace esofs::mountopts
