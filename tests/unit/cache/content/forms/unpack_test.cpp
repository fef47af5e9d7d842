#include "cache/content/forms/unpack.h"

#include <gtest/gtest.h>

namespace esofs::cache {
namespace {

TEST(Unpack, TheNameTellsThePackingInAnyCase) {
  EXPECT_EQ(packing_of("A.fits.Z"), Packing::kCompress);
  EXPECT_EQ(packing_of("A.FITS.GZ"), Packing::kGzip);
  EXPECT_EQ(packing_of("A.fits.fz"), Packing::kFpack);
  EXPECT_EQ(packing_of("A.fits"), Packing::kNone);
  EXPECT_EQ(packing_of("A.tar.gz"), Packing::kNone);
  EXPECT_EQ(packing_of(""), Packing::kNone);
}

}  // namespace
}  // namespace esofs::cache
