// README.txt of cutout/.
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/fs/datasets/cutouts_fixture.h"

namespace esofs::tests {
namespace {

class CutoutReadmeTest : public CutoutsFixture {};

TEST_F(CutoutReadmeTest, ItSaysWhatIsOfferedAndGivesANameThatWorks) {
  const std::string text = cat({"datasets", kId, "cutout", "README.txt"});
  EXPECT_NE(text.find("takes     circle\n"), std::string::npos) << text;
  EXPECT_NE(text.find("field     circle 11.888 -25.288 radius 0.02 deg\n"), std::string::npos) << text;
  const auto at = text.find("example   ");
  ASSERT_NE(at, std::string::npos);
  const auto example = text.substr(at + 10, text.find('\n', at) - at - 10);
  EXPECT_TRUE(exists(example)) << example;
}

}  // namespace
}  // namespace esofs::tests
