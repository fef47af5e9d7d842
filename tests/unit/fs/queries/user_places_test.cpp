// A shared mount: each user has queries of his own, and sees those of the mounting user.
#include "fs/queries/user_places.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <future>
#include <set>

#include "tests/support/fs_fixture.h"

namespace esofs::fs {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// No accounts of this machine, so that their texts are below users_dir.
constexpr uid_t kAnna = 3'000'000'001;
constexpr uid_t kBert = 3'000'000'002;

class UserPlacesTest : public tests::FsFixture {
 protected:
  UserPlacesTest() { share(); }
  void share() {
    auto shared = config();
    shared.users_dir = temp_.path() / "users";
    shared.allow_other = true;
    mount(std::move(shared));
  }
  static Cause by(uid_t user) { return {0, user, Operation::kLookup}; }
  template <class T>
  Result<T> answered(const std::function<void(Done<T>)>& ask, uid_t user) {
    std::promise<Result<T>> answer;
    auto future = answer.get_future();
    ask(AskedBy(by(user), [&](Result<T> result) { answer.set_value(std::move(result)); }));
    return future.get();
  }
  Result<Entry> look(std::uint64_t parent, const std::string& name, uid_t user) {
    return answered<Entry>([&](Done<Entry> done) { fs_->lookup(parent, name, std::move(done)); }, user);
  }
  Entry at(const std::vector<std::string>& path, uid_t user) {
    Entry entry;
    entry.ino = kRootInode;
    for (const auto& name : path) {
      auto next = look(entry.ino, name, user);
      if (!next) return {};
      entry = *next;
    }
    return entry;
  }
  Result<void> save_as(uid_t user, const std::string& name, const std::string& text) {
    if (auto made = fs_->mkdir(at({"queries"}, user).ino, name, by(user));
        !made && made.error().code() != EEXIST)
      return made.error();
    auto opened = answered<Opened>(
        [&](Done<Opened> done) {
          fs_->open(at({"queries", name, "query.adql"}, user).ino, O_WRONLY | O_TRUNC, user, std::move(done));
        },
        user);
    if (!opened) return opened.error();
    auto written = write(opened->handle, text);
    auto closed = answered<void>([&](Done<void> done) { fs_->flush(opened->handle, std::move(done)); }, user);
    fs_->release(opened->handle);
    return written ? closed : written;
  }
  std::set<std::string> seen_by(uid_t user, const std::vector<std::string>& path) {
    auto opened =
        answered<Opened>([&](Done<Opened> done) { fs_->opendir(at(path, user).ino, std::move(done)); }, user);
    if (!opened) return {opened.error().what()};
    const auto listed = names(opened->handle);
    fs_->releasedir(opened->handle);
    return {listed.begin(), listed.end()};
  }
  nlohmann::json status_for(uid_t user) {
    auto opened = answered<Opened>(
        [&](Done<Opened> done) {
          fs_->open(at({".esofs", "status.json"}, user).ino, O_RDONLY, user, std::move(done));
        },
        user);
    if (!opened) return opened.error().what();
    auto bytes = read(opened->handle, 0, 1U << 20U);
    fs_->release(opened->handle);
    std::string text;
    for (const std::byte b : *bytes) text.push_back(static_cast<char>(b));
    return nlohmann::json::parse(text);
  }
  std::set<std::string> running_seen_by(uid_t user) {
    std::set<std::string> paths;
    const auto status = status_for(user);
    for (const auto& query : status["running_queries"]) paths.insert(query["path"]);
    return paths;
  }
  static int code(const Result<void>& result) { return result ? 0 : result.error().code(); }
};

TEST_F(UserPlacesTest, EachUserSeesOnlyHisOwnQueries) {
  ASSERT_TRUE(save_as(kAnna, "mine", tests::kAdql));
  ASSERT_TRUE(save_as(kBert, "his", tests::kAdql));
  EXPECT_THAT(seen_by(kAnna, {"queries"}), ElementsAre("mine"));
  EXPECT_THAT(seen_by(kBert, {"queries"}), ElementsAre("his"));
  EXPECT_TRUE(list({"queries"}).empty()) << "nor does the mounting user";
  EXPECT_EQ(look(at({"queries"}, kBert).ino, "mine", kBert).error().code(), ENOENT);
  EXPECT_EQ(look(at({"queries"}, kBert).ino, "mine.adql", kBert).error().code(), ENOENT);
}

TEST_F(UserPlacesTest, QueriesOfOneNameAreDifferentDirectories) {
  ASSERT_TRUE(save_as(kAnna, "a", "SELECT 1"));
  ASSERT_TRUE(save_as(kBert, "a", "SELECT 2"));
  for (const auto& path : {std::vector<std::string>{"queries", "a"},
                           {"queries", "a", "query.adql"},
                           {"queries", "a", "status.txt"}})
    EXPECT_NE(at(path, kAnna).ino, at(path, kBert).ino);
  EXPECT_EQ(at({"queries", "a", "query.adql"}, kAnna).attributes.st_uid, kAnna);
}

TEST_F(UserPlacesTest, AnothersNumbersAreNotKnown) {
  ASSERT_TRUE(save_as(kAnna, "a", tests::kAdql));
  ASSERT_THAT(seen_by(kAnna, {"queries", "a"}), Contains("table"));
  for (const auto& path : {std::vector<std::string>{"queries", "a"},
                           {"queries", "a", "query.adql"},
                           {"queries", "a", "status.txt"},
                           {"queries", "a", "table"},

                           {"queries", "a", "cutout"},
                           {"queries", "a", tests::kId + ".fits"}}) {
    const auto ino = at(path, kAnna).ino;
    ASSERT_NE(ino, 0U) << path.back();
    EXPECT_TRUE(fs_->getattr(ino, kAnna));
    for (const uid_t other : {kBert, uid_t{0}}) {
      EXPECT_EQ(fs_->getattr(ino, other).error().code(), ESTALE) << path.back();
      EXPECT_EQ(fs_->getxattr(ino, "user.esofs.error", other).error().code(), ESTALE);
      EXPECT_EQ(look(ino, ".", other).error().code(), ESTALE) << "by a file handle";
      EXPECT_EQ(look(ino, "query.adql", other).error().code(), ESTALE);
      EXPECT_EQ(answered<Opened>([&](Done<Opened> done) { fs_->open(ino, O_RDONLY, other, std::move(done)); },
                                 other)
                    .error()
                    .code(),
                ESTALE);
      EXPECT_EQ(answered<Opened>([&](Done<Opened> done) { fs_->opendir(ino, std::move(done)); }, other)
                    .error()
                    .code(),
                ESTALE);
      EXPECT_EQ(fs_->unlink(ino, "query.adql", other).error().code(), ESTALE);
    }
  }
}

TEST_F(UserPlacesTest, TheKernelKeepsNoNameThatOthersMayHave) {
  ASSERT_TRUE(save_as(kAnna, "a", tests::kAdql));
  save("offered", tests::kAdql);
  const auto queries = at({"queries"}, kAnna).ino;
  for (const char* name : {"a", "a.adql", "offered"})
    EXPECT_EQ(look(queries, name, kAnna)->entry_timeout, 0) << name;
  EXPECT_EQ(look(queries, "none", kAnna).error().code(), ENOENT) << "and no absent name";
  EXPECT_EQ(fs_->mkdir(queries, "b", by(kAnna))->entry_timeout, 0);
  EXPECT_EQ(fs_->create(queries, "c.adql", kAnna)->entry.entry_timeout, 0);
  auto opened = answered<Opened>([&](Done<Opened> done) { fs_->opendir(queries, std::move(done)); }, kAnna);
  ASSERT_TRUE(opened);
  ASSERT_TRUE(fs_->readdir(opened->handle, 0, true, [](const DirectoryEntry& entry) {
    EXPECT_EQ(entry.entry.entry_timeout, 0) << entry.name;
    return true;
  }));
  fs_->releasedir(opened->handle);
}

TEST_F(UserPlacesTest, TheMountingUsersQueriesAreOfferedReadOnly) {
  save("survey", tests::kAdql);
  EXPECT_THAT(seen_by(kAnna, {"queries"}), ElementsAre("survey"));
  EXPECT_THAT(seen_by(kAnna, {"queries", "survey"}), Contains(tests::kId + ".fits"));
  const auto queries = at({"queries"}, kAnna).ino;
  EXPECT_EQ(code(fs_->may_change(at({"queries", "survey", "query.adql"}, kAnna).ino, kAnna, "write")),
            EACCES);
  EXPECT_EQ(
      code(answered<void>([&](Done<void> done) { fs_->rmdir(queries, "survey", std::move(done)); }, kAnna)),
      EACCES);
  EXPECT_EQ(code(fs_->rename(queries, "survey", queries, "mine", 0, kAnna)), EACCES);
  EXPECT_THAT(list({"queries"}), ElementsAre("survey"));
}

TEST_F(UserPlacesTest, AnOwnQueryComesBeforeAnOfferedOne) {
  ASSERT_TRUE(save_as(kAnna, "survey", "SELECT 1"));
  save("survey", tests::kAdql);
  EXPECT_EQ(at({"queries", "survey"}, kAnna).attributes.st_uid, kAnna);
  EXPECT_NE(at({"queries", "survey"}, kBert).ino, at({"queries", "survey"}, kAnna).ino);
  EXPECT_EQ(at({"queries", "survey"}, kBert).ino, at({"queries", "survey"}, 0).ino);
}

TEST_F(UserPlacesTest, TheyAreThereAgainAfterARemount) {
  ASSERT_TRUE(save_as(kAnna, "mine", tests::kAdql));
  share();
  EXPECT_THAT(seen_by(kAnna, {"queries"}), ElementsAre("mine"));
  EXPECT_TRUE(seen_by(kBert, {"queries"}).empty());
}

TEST_F(UserPlacesTest, AFileIsShownToEachUserByHisOwnPathAndRow) {
  ASSERT_TRUE(save_as(kAnna, "secret", tests::kAdql));
  ASSERT_TRUE(save_as(kBert, "his", tests::kAdql));
  (void)seen_by(kAnna, {"queries", "secret"});
  const auto ino = at({"queries", "secret", tests::kId + ".fits"}, kAnna).ino;
  (void)seen_by(kBert, {"queries", "his"});
  ASSERT_EQ(at({"queries", "his", tests::kId + ".fits"}, kBert).ino, ino) << "one file";
  fs_->report(ino, "", Error(EIO, "HTTP 500"), by(kBert));
  EXPECT_THAT(context_->errors().text(), HasSubstr("/queries/his/"));
  EXPECT_THAT(context_->errors().text(), Not(HasSubstr("secret")));
  EXPECT_TRUE(fs_->getxattr(ino, "user.esofs.error", kBert));
  EXPECT_FALSE(fs_->getxattr(ino, "user.esofs.error", kAnna)) << "nor is his error hers";
}

TEST_F(UserPlacesTest, TheStatusHasTheRunningQueriesOfTheReader) {
  ASSERT_TRUE(save_as(kAnna, "mine", "SELECT 1"));
  ASSERT_TRUE(save_as(kBert, "his", "SELECT 2"));
  for (const char* adql : {"SELECT 1", "SELECT 2"}) catalog_.run(adql);
  EXPECT_THAT(running_seen_by(kAnna), ElementsAre("/queries/mine"));
  EXPECT_THAT(running_seen_by(kBert), ElementsAre("/queries/his"));
  EXPECT_THAT(running_seen_by(context_->config().uid), ElementsAre("/queries/his", "/queries/mine"));
}

TEST_F(UserPlacesTest, TheStatusCountsTheErrorsThatTheReaderSees) {
  Cause failing = by(kAnna);
  for (const char* name : {"a", "b"}) fs_->report(at({"queries"}, kAnna).ino, name, Error(EIO, "x"), failing);
  failing.user = kBert;
  fs_->report(at({"queries"}, kBert).ino, "c", Error(EIO, "x"), failing);
  EXPECT_EQ(status_for(kAnna)["filesystem"]["errors"], 2);
  EXPECT_EQ(status_for(kBert)["filesystem"]["errors"], 1);
  EXPECT_EQ(status_for(context_->config().uid)["filesystem"]["errors"], 3);
}

TEST_F(UserPlacesTest, RemovingAQueryForgetsNothingThatAnotherAsks) {
  ASSERT_TRUE(save_as(kAnna, "a", tests::kAdql));
  ASSERT_TRUE(save_as(kBert, "b", tests::kAdql));
  (void)seen_by(kAnna, {"queries", "a"});
  const auto asked = catalog_.asked();
  ASSERT_TRUE(answered<void>(
      [&](Done<void> done) { fs_->rmdir(at({"queries"}, kBert).ino, "b", std::move(done)); }, kBert));
  (void)seen_by(kAnna, {"queries", "a"});
  EXPECT_EQ(catalog_.asked(), asked);
}

TEST_F(UserPlacesTest, OneUserCannotFillTheMount) {
  const auto queries = at({"queries"}, kAnna).ino;
  for (std::size_t i = 0; i < UserPlaces::kMostQueries; ++i)
    ASSERT_TRUE(fs_->mkdir(queries, "q" + std::to_string(i), by(kAnna)));
  EXPECT_EQ(fs_->mkdir(queries, "more", by(kAnna)).error().code(), EDQUOT);
  EXPECT_TRUE(fs_->mkdir(queries, "his", by(kBert))) << "the others are not concerned";
}

TEST_F(UserPlacesTest, TheTextsOfOneUserHaveABudget) {
  const std::string large(1U << 20U, ' ');
  int refused = 0;
  for (int i = 0; i < 20 && refused == 0; ++i) refused = code(save_as(kAnna, "q" + std::to_string(i), large));
  EXPECT_EQ(refused, EDQUOT);
  EXPECT_TRUE(save_as(kBert, "his", large));
  ASSERT_TRUE(answered<void>(
      [&](Done<void> done) { fs_->rmdir(at({"queries"}, kAnna).ino, "q0", std::move(done)); }, kAnna));
}

}  // namespace
}  // namespace esofs::fs
