#include "client/login/secret_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/client/login/credentials_fixture.h"

namespace esofs::client {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SecretFile, AFileThatOthersCanReadIsRefusedByNameAndMode) {
  const tests::TempDir temp;
  write(temp.path() / "netrc", "sesame", 0640);
  const auto read = read_secret_file(temp.path() / "netrc");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), EACCES);
  EXPECT_THAT(read.error().what(), HasSubstr((temp.path() / "netrc").string()));
  EXPECT_THAT(read.error().what(), HasSubstr("0640"));
  EXPECT_THAT(read.error().what(), Not(HasSubstr("sesame")));
}

TEST(SecretFile, IsWrittenForItsOwnerOnlyAndReplacedWhole) {
  const tests::TempDir temp;
  const auto path = temp.path() / "deep" / "token";
  ASSERT_TRUE(write_secret_file(path, "first"));
  ASSERT_TRUE(write_secret_file(path, "second"));
  struct stat status {};
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0600U);
  ASSERT_EQ(::stat(path.parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0700U);
  EXPECT_EQ(*read_secret_file(path), "second");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path.parent_path()), {}), 1);
}

}  // namespace
}  // namespace esofs::client
