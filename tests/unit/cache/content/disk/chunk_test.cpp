#include "cache/content/disk/chunk.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

TEST(ContentKeyTest, NamesOfFilesOnDiskStayAsTheyAre) {
  EXPECT_EQ(ContentKey("ADP.2018\nv1").hex(), "cfa31be8147656a034df10517726768d");
  EXPECT_EQ(ContentKey("").hex(), "efd01f60ba9929266bcb9d63eb8eab8b");
}

}  // namespace
}  // namespace esofs::cache
