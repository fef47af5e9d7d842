// The root of a mounted tree.
#include <gtest/gtest.h>

#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

class RootTest : public FsFixture {};

TEST_F(RootTest, TheReadmeNamesTheArchiveAndItsLimits) {
  const std::string text = cat({"README.txt"});
  EXPECT_NE(text.find("The Fake Archive"), std::string::npos);
  EXPECT_NE(text.find("It has two datasets."), std::string::npos);
  EXPECT_NE(cat({".esofs", "status.json"}).find("\"archive\": \"fake\""), std::string::npos);
}

}  // namespace
}  // namespace esofs::tests
