#include "mountopts/commands/progress.h"

#include <gtest/gtest.h>

namespace esofs::mountopts {
namespace {

using std::chrono::milliseconds;

TEST(ProgressTest, ALineHasFilesBytesRateAndTimeLeft) {
  ProgressCounts counts;
  counts.files = 3;
  counts.all_files = 10;
  counts.bytes = 2U << 20U;
  counts.all_bytes = 8U << 20U;
  EXPECT_EQ(progress_line(counts, milliseconds(2000), 0), "3/10 files  2.0 MiB  1.0 MiB/s  0:06 left");
  EXPECT_EQ(progress_line(counts, milliseconds(2000), 100),
            "[#####               ] 3/10 files  2.0 MiB  1.0 MiB/s  0:06 left");
}

TEST(ProgressTest, FilesThatWereHereDoNotCountForTheRate) {
  ProgressCounts counts;
  counts.files = 6;
  counts.all_files = 10;
  counts.kept_files = 4;
  counts.bytes = 6U << 20U;
  counts.kept_bytes = 4U << 20U;
  EXPECT_EQ(progress_line(counts, milliseconds(2000), 0),
            "6/10 files  6.0 MiB  (4 were here)  1.0 MiB/s  0:04 left");
}

TEST(ProgressTest, ALineIsNoLongerThanTheTerminal) {
  ProgressCounts counts;
  counts.files = 3;
  counts.all_files = 10;
  EXPECT_LT(progress_line(counts, milliseconds(100), 12).size(), 12U);
}

TEST(ProgressTest, NoRateIsSaidBeforeItIsKnown) {
  ProgressCounts counts;
  counts.all_files = 10;
  EXPECT_EQ(progress_line(counts, milliseconds(100), 0), "0/10 files  0 B");
}

TEST(ProgressTest, HoursAreShown) {
  ProgressCounts counts;
  counts.files = 1;
  counts.all_files = 4;
  EXPECT_EQ(progress_line(counts, milliseconds(3'600'000), 0), "1/4 files  0 B  0 B/s  3:00:00 left");
}

}  // namespace
}  // namespace esofs::mountopts
