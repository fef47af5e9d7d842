#include "mountopts/commands/why_command.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace esofs::mountopts {
namespace {

constexpr std::int64_t kNow = 1'600'000'100;

const std::string kErrors =
    "2020-09-13T12:26:40Z /queries/z6 EDQUOT /queries holds 1000 (yours); remove one (mkdir by mkdir[7])\n"
    "2020-09-13T12:26:41Z /queries/z6 ENOENT there is no 'z6' here; did you mean z1? (lookup by ls[8])\n"
    "2020-09-13T12:26:42Z /queries/z7 EIO no answer (open by cat[9])\n";

TEST(RefusedMaking, ItIsTheLastAttemptAtThisPath) {
  const auto refused = refused_making(kErrors, "/queries/z6", kNow);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->first, EDQUOT);
  EXPECT_EQ(refused->second, "/queries holds 1000 (yours); remove one");
}

TEST(RefusedMaking, OtherPathsOperationsAndTimesSayNothing) {
  EXPECT_FALSE(refused_making(kErrors, "/queries/z", kNow));
  EXPECT_FALSE(refused_making(kErrors, "/queries/z7", kNow)) << "was open";
  EXPECT_FALSE(refused_making(kErrors, "/queries/z6", kNow + 3600));
  EXPECT_FALSE(refused_making("", "/queries/z6", kNow));
}

}  // namespace
}  // namespace esofs::mountopts
