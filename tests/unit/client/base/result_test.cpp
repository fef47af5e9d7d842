#include "client/base/result.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace esofs {
namespace {

TEST(ResultTest, AnErrorGrowsOnItsWayUpAndKeepsItsErrno) {
  const Error error = Error(ENOENT, "HTTP 404").at("block 7").at("reading X.fits");
  EXPECT_EQ(error.code(), ENOENT);
  EXPECT_EQ(error.what(), "reading X.fits: block 7: HTTP 404");
}

TEST(ResultTest, AResultIsItsValueOrItsError) {
  const Result<int> value = 7;
  const Result<int> error = Error(EIO, "no");
  ASSERT_TRUE(value);
  EXPECT_EQ(*value, 7);
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code(), EIO);
  EXPECT_TRUE(Result<void>());
  EXPECT_FALSE(Result<void>(Error(EIO, "no")));
}

}  // namespace
}  // namespace esofs
