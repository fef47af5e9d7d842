// The names and extensions of the files that DataLink rows lead to.
#include "fs/datasets/link_file_names.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/unit/fs/datasets/link_rows.h"

namespace esofs::tests {
namespace {

TEST(LinkFileNamesTest, ExtensionsComeFromTheTypeTheOriginalNameOrTheUrl) {
  EXPECT_EQ(fs::link_extension(link("", "http://x/a.dat", "image/png", "b.txt")), ".png");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a.dat", "application/octet-stream", "b.LOG")), ".log");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a.dat?b.c", "", "b")), ".dat");
  EXPECT_EQ(fs::link_extension(link("", "http://x/ADP.2018-06-21T20:32:57.736")), "");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a", "application/x-fits-hcompress", "a.fits.fz")), ".fits");
  EXPECT_EQ(fs::link_extension(link("", "http://x/a", "", "a.fits.fz")), ".fits");
}

TEST(LinkFileNamesTest, TheLastPartOfAUrlNamesItsFileIfItIsNumbered) {
  EXPECT_EQ(fs::name_in_url("http://x/a/b%20c.fits?d"), "b c.fits");
  EXPECT_EQ(fs::name_in_url("http://x/file/ADP.2018-06-21T20:32:57.737"), "");
  EXPECT_EQ(fs::id_in_url("http://x/file/ADP.2018-06-21T20:32:57.737"), "ADP.2018-06-21T20:32:57.737");
  EXPECT_EQ(fs::id_in_url("http://x/download/12345#hdu1"), "12345");
  for (const char* url : {"http://x/links?ID=12345", "http://x/v1/preview", "http://x/", "http://x9", "x/9"})
    EXPECT_EQ(fs::id_in_url(url), "") << url;
}

}  // namespace
}  // namespace esofs::tests
