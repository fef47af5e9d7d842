// Other users' logins. Only root can take another user's place; run by others, these tests are skipped.
#include "client/login/as_user.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>

#include "client/login/credentials.h"
#include "client/login/kept_session.h"
#include "client/login/secret_file.h"
#include "tests/support/temp_dir.h"

namespace esofs::client {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr uid_t kAnna = 61001;
constexpr uid_t kBert = 61002;
constexpr std::int64_t kNow = 1'700'000'000;

class AsUserTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root can take another user's place";
    ::chmod(temp_.path().c_str(), 0755);
  }

  std::filesystem::path write(const std::string& name, uid_t owner, mode_t mode,
                              const std::string& text = "secret") {
    const auto path = temp_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    EXPECT_EQ(::chown(path.c_str(), owner, owner), 0);
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }
  static bool readable(const std::filesystem::path& path) { return std::ifstream(path).good(); }

  tests::TempDir temp_;
};

TEST_F(AsUserTest, FilesAreOpenedAsThatUserAndAfterwardsAsOneself) {
  const auto roots = write("root", 0, 0600);
  const auto annas = write("anna", kAnna, 0600);
  const auto groups = write("group", 0, 0640);
  ASSERT_EQ(::chown(groups.c_str(), 0, 61009), 0);
  {
    const AsUser anna({kAnna, kAnna, {kAnna, 61009}});
    ASSERT_TRUE(anna);
    EXPECT_FALSE(readable(roots));
    EXPECT_TRUE(readable(annas));
    EXPECT_TRUE(readable(groups));
  }
  {
    const AsUser bert({kBert, kBert, {kBert}});
    EXPECT_FALSE(readable(annas));
    EXPECT_FALSE(readable(groups));
  }
  EXPECT_TRUE(readable(roots));
  EXPECT_TRUE(readable(annas));
}

TEST_F(AsUserTest, AnAccountTellsTheHomeAndThereMayBeNone) {
  const auto root = account_of(0);
  ASSERT_TRUE(root);
  EXPECT_EQ(root->gid, 0U);
  EXPECT_EQ(root->home.front(), '/');
  EXPECT_EQ(account_of(4'000'000'000).error().code(), ENOENT);
}

TEST_F(AsUserTest, ASecretMustBeAPrivateFileOfItsOwnerAndNoLink) {
  const auto own = write("own", kAnna, 0600);
  ASSERT_EQ(*read_secret_file(own, kAnna), "secret");
  EXPECT_EQ(read_secret_file(own, kBert).error().code(), EACCES);
  EXPECT_EQ(read_secret_file(write("root", 0, 0600), kAnna).error().code(), EACCES);
  EXPECT_EQ(read_secret_file(write("open", kAnna, 0644), kAnna).error().code(), EACCES);
  const auto link = temp_ / "link";
  std::filesystem::create_symlink(own, link);
  EXPECT_THAT(read_secret_file(link, kAnna).error().what(), HasSubstr("symbolic link"));
  std::filesystem::create_symlink(temp_ / "root", temp_ / "own link");
  EXPECT_TRUE(read_secret_file(temp_ / "own link"));  // in one's own home
  const auto hard = temp_ / "hard";
  std::filesystem::create_hard_link(own, hard);
  EXPECT_EQ(read_secret_file(hard, kBert).error().code(), EACCES);
  std::filesystem::create_directory_symlink(temp_.path(), temp_ / "elsewhere");
  EXPECT_EQ(read_secret_file(temp_ / "elsewhere" / "own", kBert).error().code(), EACCES);
}

class OwnedCredentialsTest : public AsUserTest {
 protected:
  OwnedCredentialsTest() {
    profile_.name = "fake";
    profile_.tap.push_back({"obs", "http://127.0.0.1:1/tap", {}, 0, true});
    profile_.token_url = "http://127.0.0.1:1/token";
    profile_.credential_hosts = {"127.0.0.1"};
    profile_.authorised = {{kUrl, {"bearer"}}};
  }

  Credentials credentials(uid_t user) {
    Credentials::Config config;
    config.owner = Account{user, user, {user}, home(user)};
    config.state_dir = home(user);
    config.home_netrc = home(user) + "/.netrc";
    config.now = [this] { return now_.load(); };
    config.look_again = std::chrono::milliseconds(0);
    return {config, profile_, {}};
  }
  std::string home(uid_t user) const { return (temp_ / std::to_string(user)).string(); }
  // A session in a home directory; by whom: its owner.
  std::filesystem::path log_in(uid_t user, const std::string& name, uid_t owner, mode_t mode = 0600) {
    const auto file = session_file(home(user), profile_);
    EXPECT_TRUE(
        keep_session(file, {{"token", name, kNow + 28800}, "fake", profile_.token_url, {"127.0.0.1"}}));
    EXPECT_EQ(::chmod(file.parent_path().c_str(), 0755), 0);
    EXPECT_EQ(::chown(file.c_str(), owner, owner), 0);
    EXPECT_EQ(::chmod(file.c_str(), mode), 0);
    return file;
  }

  static constexpr const char* kUrl = "http://127.0.0.1:1/file/";
  std::atomic<std::int64_t> now_{kNow};
  Profile profile_;
};

TEST_F(OwnedCredentialsTest, FilesAreOnlyCheckedOnRequest) {
  auto anna = credentials(kAnna);
  log_in(kAnna, "anna", kAnna);
  EXPECT_EQ(anna.user(), "");
  anna.look();
  EXPECT_EQ(anna.user(), "anna of uid 61001");
  std::filesystem::remove(session_file(home(kAnna), profile_));
  EXPECT_EQ(anna.user(), "anna of uid 61001");
  anna.look();
  EXPECT_EQ(anna.user(), "");
}

TEST_F(OwnedCredentialsTest, UsersWithOneNameAreDistinguishedByTheirUid) {
  auto anna = credentials(kAnna);
  auto bert = credentials(kBert);
  log_in(kAnna, "anna", kAnna);
  log_in(kBert, "anna of uid 61001", kBert);
  anna.look();
  bert.look();
  EXPECT_NE(bert.user(), anna.user());
  EXPECT_EQ(bert.user(), "anna of uid 61001 of uid 61002");
}

TEST_F(OwnedCredentialsTest, ASessionFileOfAnotherUserIsNotUsed) {
  auto bert = credentials(kBert);
  const auto annas = log_in(kAnna, "anna", kAnna);
  const auto planted = log_in(kBert, "anna", kAnna);  // as by a hard link
  bert.look();
  EXPECT_EQ(bert.user(), "");
  std::filesystem::remove(planted);
  std::filesystem::create_symlink(annas, planted);
  bert.look();
  EXPECT_EQ(bert.user(), "");
  std::filesystem::remove_all(home(kBert));
  std::filesystem::create_directory_symlink(home(kAnna), home(kBert));
  bert.look();
  EXPECT_EQ(bert.user(), "");
  std::filesystem::remove(home(kBert));
  log_in(kBert, "bert", 0);  // root's
  bert.look();
  EXPECT_EQ(bert.user(), "");
}

TEST_F(OwnedCredentialsTest, ASessionInADesktopsKeyringIsOutOfReachAndSaysWhatToDo) {
  const auto file = log_in(kAnna, "anna", kAnna);
  KeptSession elsewhere{{"", "anna", kNow + 28800}, "fake", profile_.token_url, {"127.0.0.1"}};
  elsewhere.keyring = "an-item";
  ASSERT_TRUE(keep_session(file, elsewhere));
  ASSERT_EQ(::chown(file.c_str(), kAnna, kAnna), 0);
  auto anna = credentials(kAnna);
  anna.look();
  EXPECT_EQ(anna.user(), "");
  EXPECT_THAT(anna.advice(kUrl), HasSubstr("esofs login --no-keyring"));
}

TEST_F(OwnedCredentialsTest, AHomeThatItsUserCannotReachIsNotRead) {
  log_in(kAnna, "anna", kAnna);
  ASSERT_EQ(::chmod(home(kAnna).c_str(), 0700), 0);  // root's
  auto anna = credentials(kAnna);
  anna.look();
  EXPECT_EQ(anna.user(), "");
}

TEST_F(OwnedCredentialsTest, TheAdviceNamesNeitherAccountsNorFiles) {
  auto anna = credentials(kAnna);
  anna.look();
  EXPECT_EQ(anna.advice(kUrl), "uid 61001 is not logged in: run `esofs login`");
  log_in(kAnna, "anna-at-eso", kAnna, 0644);
  anna.look();
  EXPECT_THAT(anna.advice(kUrl), AllOf(HasSubstr("uid 61001 is not used"), Not(HasSubstr(home(kAnna)))));
  log_in(kAnna, "anna-at-eso", kAnna);
  anna.look();
  EXPECT_THAT(anna.advice(kUrl), AllOf(HasSubstr("has no right"), Not(HasSubstr("anna-at-eso"))));
  now_ = kNow + 30000;
  EXPECT_THAT(anna.advice(kUrl), AllOf(HasSubstr("has ended"), Not(HasSubstr("anna-at-eso"))));
}

}  // namespace
}  // namespace esofs::client
