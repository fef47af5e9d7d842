// The texts of one user of a shared mount, in the user's home or below the mount's state directory.
#include "fs/queries/user_store.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "tests/support/temp_dir.h"

namespace esofs::fs {
namespace {

constexpr uid_t kAnna = 61001;

class UserStoreTest : public ::testing::Test {
 protected:
  UserStoreTest() {
    std::filesystem::permissions(temp_.path(), std::filesystem::perms::all);
    std::filesystem::create_directory(home_);
    if (::geteuid() == 0) {
      EXPECT_EQ(::chown(home_.c_str(), kAnna, kAnna), 0);
    }
  }
  UserStore store(const std::string& home) {
    return {std::make_shared<UserAccount>(kAnna,
                                          [home](uid_t uid) -> Result<client::Account> {
                                            return client::Account{uid, uid, {uid}, home};
                                          }),
            ".config/esofs/queries", spare_};
  }
  UserStore at_home() { return store(home_.string()); }
  bool there(const std::filesystem::path& folder, const std::string& name) {
    return std::filesystem::exists(folder / (name + ".adql"));
  }

  tests::TempDir temp_;
  const std::filesystem::path home_ = temp_.path() / "anna";
  const std::filesystem::path own_ = home_ / ".config/esofs/queries";
  const std::filesystem::path spare_ = temp_.path() / "state/users/61001/queries";
};

TEST_F(UserStoreTest, TextsAreFilesOfTheUserInTheHome) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto store = at_home();
  ASSERT_TRUE(store.save("mine", "SELECT 1", std::nullopt));
  struct stat status {};
  ASSERT_EQ(::stat((own_ / "mine.adql").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kAnna);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((home_ / ".config/esofs").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, kAnna);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  EXPECT_FALSE(std::filesystem::exists(spare_));
  EXPECT_EQ(store.load("mine")->text, "SELECT 1");
  EXPECT_EQ(*store.names(), std::vector<std::string>{"mine"});
}

TEST_F(UserStoreTest, WithoutAHomeTextsAreInTheSpareFolder) {
  const auto store = this->store("");
  ASSERT_TRUE(store.save("mine", "SELECT 1", std::nullopt));
  EXPECT_TRUE(there(spare_, "mine"));
  struct stat status {};
  ASSERT_EQ(::stat(spare_.parent_path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0700U);
  EXPECT_EQ(store.load("mine")->text, "SELECT 1");
  ASSERT_TRUE(store.rename("mine", "yours"));
  EXPECT_EQ(*store.names(), std::vector<std::string>{"yours"});
  ASSERT_TRUE(store.remove("yours"));
  EXPECT_TRUE(store.names()->empty());
}

TEST_F(UserStoreTest, AHomeThatCannotBeWrittenIsLeftAlone) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::filesystem::permissions(home_,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const auto store = at_home();
  ASSERT_TRUE(store.save("mine", "SELECT 1", std::nullopt));
  EXPECT_TRUE(there(spare_, "mine"));
  EXPECT_TRUE(std::filesystem::is_empty(home_));
}

TEST_F(UserStoreTest, ATextStaysWhereItIsUntilItIsRemoved) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_TRUE(store("").save("old", "SELECT 1", std::nullopt));
  const auto store = at_home();
  ASSERT_TRUE(store.save("old", "SELECT 2", std::nullopt));
  ASSERT_TRUE(store.save("new", "SELECT 3", std::nullopt));
  EXPECT_TRUE(there(spare_, "old"));
  EXPECT_FALSE(there(own_, "old"));
  EXPECT_TRUE(there(own_, "new"));
  EXPECT_EQ(*store.names(), (std::vector<std::string>{"new", "old"}));
  ASSERT_TRUE(store.remove("old"));
  ASSERT_TRUE(store.save("old", "SELECT 4", std::nullopt));
  EXPECT_TRUE(there(own_, "old"));
}

TEST_F(UserStoreTest, LinksLeadNowhereThatTheUserMayNotGo) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  const auto secrets = temp_.path() / "secrets";
  std::filesystem::create_directory(secrets);
  std::ofstream(secrets / "root.adql") << "secret";
  std::filesystem::permissions(secrets, std::filesystem::perms::owner_all);
  std::filesystem::create_directories(own_.parent_path());
  std::filesystem::create_directory_symlink(secrets, own_);
  const auto store = at_home();
  EXPECT_FALSE(store.load("root"));
  EXPECT_TRUE(store.names()->empty());
  ASSERT_TRUE(store.save("root", "mine", std::nullopt));
  EXPECT_EQ(store.load("root")->text, "mine");
  std::string kept;
  std::getline(std::ifstream(secrets / "root.adql"), kept);
  EXPECT_EQ(kept, "secret");
}

TEST_F(UserStoreTest, AFifoIsNoQuery) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  std::filesystem::create_directories(own_);
  ASSERT_EQ(::mkfifo((own_ / "pipe.adql").c_str(), 0666), 0);
  EXPECT_EQ(at_home().load("pipe").error().code(), ENOENT);
}

}  // namespace
}  // namespace esofs::fs
