#include "fs/tree/error_log.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::fs {
namespace {

TEST(ErrorLog, ALineHasTimePathErrnoAndSentence) {
  ErrorLog log;
  log.add(1'600'000'000, "/queries/a", Error(EACCES, "HTTP 403\nfrom http://x"));
  EXPECT_EQ(log.text(), "2020-09-13T12:26:40Z /queries/a EACCES HTTP 403 from http://x\n");
}

TEST(ErrorLog, OnlyTheLastOnesAreKept) {
  ErrorLog log(2);
  for (const char* path : {"/1", "/2", "/3"}) log.add(1, path, Error(EIO, path));
  EXPECT_EQ(log.size(), 2U);
  EXPECT_EQ(log.text().find("/1"), std::string::npos);
}

TEST(ErrorLog, AnswersThatAreNoFailuresAreNotWorthALine) {
  for (const int code : {ENOENT, ENODATA, EINTR, EROFS}) EXPECT_FALSE(ErrorLog::worth_a_line(code)) << code;
  for (const int code : {EIO, EACCES, ETIMEDOUT, EAGAIN, EINVAL, ESTALE})
    EXPECT_TRUE(ErrorLog::worth_a_line(code)) << code;
}

Cause read_by_cp(uid_t user) {
  Cause cause{77, user, Operation::kRead};
  cause.name = {'c', 'p'};
  return cause;
}

TEST(ErrorLog, ALineNamesTheProgramThatSawIt) {
  ErrorLog log;
  log.add(1'600'000'000, "/queries/a", Error(EIO, "HTTP 500"), read_by_cp(1000));
  EXPECT_EQ(log.text(), "2020-09-13T12:26:40Z /queries/a EIO HTTP 500 (read by cp[77])\n");
}

TEST(ErrorLog, FailuresOfOthersAreNotShown) {
  ErrorLog log;
  log.add(1'600'000'000, "/a", Error(EIO, "x"), read_by_cp(1000));
  log.add(1'600'000'000, "/b", Error(EIO, "y"), read_by_cp(1001));
  log.add(1'600'000'000, "/c", Error(EIO, "z"));
  EXPECT_EQ(log.text(uid_t{1001}),
            "2020-09-13T12:26:40Z /b EIO y (read by cp[77])\n2020-09-13T12:26:40Z /c EIO z\n");
}

TEST(ErrorLog, OneUsersFailuresDoNotPushOutAnothers) {
  ErrorLog log(2);
  log.add(1, "/a", Error(EIO, "x"), read_by_cp(1000));
  for (const char* path : {"/b", "/c", "/d"}) log.add(2, path, Error(EIO, "y"), read_by_cp(1001));
  log.add(3, "/e", Error(EIO, "z"), read_by_cp(1000));
  EXPECT_EQ(
      log.text(uid_t{1000}),
      "1970-01-01T00:00:01Z /a EIO x (read by cp[77])\n1970-01-01T00:00:03Z /e EIO z (read by cp[77])\n");
  EXPECT_EQ(
      log.text(),
      "1970-01-01T00:00:01Z /a EIO x (read by cp[77])\n1970-01-01T00:00:02Z /c EIO y (read by cp[77])\n"
      "1970-01-01T00:00:02Z /d EIO y (read by cp[77])\n1970-01-01T00:00:03Z /e EIO z (read by cp[77])\n");
  EXPECT_EQ(log.size(), 4U);
  EXPECT_EQ(log.size(uid_t{1001}), 2U);
}

TEST(ErrorLog, TheUserWhoFailedLongestAgoIsForgottenFirst) {
  ErrorLog log;
  for (uid_t user = 0; user < ErrorLog::kMostUsers; ++user)
    log.add(1, "/a", Error(EIO, "x"), read_by_cp(1000 + user));
  log.add(2, "/b", Error(EIO, "y"), read_by_cp(1000));
  log.add(3, "/c", Error(EIO, "z"), read_by_cp(5000));
  EXPECT_EQ(log.size(uid_t{1000}), 2U);
  EXPECT_EQ(log.size(uid_t{1001}), 0U);
  EXPECT_EQ(log.size(uid_t{5000}), 1U);
}

TEST(ErrorLog, RefusedChangesOfOneReasonAreOneLine) {
  ErrorLog log;
  const auto told = [&log](std::int64_t time, const std::string& path, const std::string& what,
                           const Cause& by) {
    return log.add(1'600'000'000 + time, path, Error(EACCES, what), by);
  };
  Cause removal = read_by_cp(1000);
  removal.operation = Operation::kUnlink;
  for (const char* name : {"/q/a", "/q/b", "/q/c"}) (void)told(0, name, "x", removal);
  EXPECT_EQ(log.text(), "2020-09-13T12:26:40Z /q/a EACCES x (unlink by cp[77], 3 times)\n");
  EXPECT_TRUE(told(0, "/r/a", "x", removal)) << "another directory";
  EXPECT_TRUE(told(0, "/q/a", "y", removal)) << "another sentence";
  EXPECT_TRUE(told(11, "/q/a", "x", removal)) << "later";
  EXPECT_TRUE(told(11, "/q/a", "x", read_by_cp(1000))) << "a read";
  removal.user = 1001;
  EXPECT_TRUE(told(11, "/q/a", "x", removal)) << "another user";
  EXPECT_EQ(log.size(), 6U);
}

using ErrorsFileTest = tests::FsFixture;

TEST_F(ErrorsFileTest, AReportedFailureIsReadInTheErrorsFile) {
  const auto ino = walk({"datasets", tests::kId});
  fs_->report(ino, "x.fits", Error(ETIMEDOUT, "no answer from http://archive/x"));
  fs_->report(ino, "no such name", Error(ENOENT, "not a failure"));
  fs_->report(ino, "", Error(ENOENT, "HTTP 404"));
  EXPECT_EQ(cat({".esofs", "errors"}),
            "2023-11-14T22:13:20Z /datasets/" + tests::kId +
                "/x.fits ETIMEDOUT no answer from http://archive/x\n2023-11-14T22:13:20Z /datasets/" +
                tests::kId + " ENOENT HTTP 404\n");
}

TEST_F(ErrorsFileTest, AnotherUserReadsItWithoutTheMountingUsersLines) {
  fs_->report(walk({"datasets", tests::kId}), "x.fits", Error(EIO, "no answer"), read_by_cp(0));
  const auto read_as = [this](uid_t user) {
    std::string text;
    fs_->open(walk({".esofs", "errors"}), O_RDONLY, user, [&](Result<Opened> opened) {
      ASSERT_TRUE(opened);
      auto bytes = read(opened->handle, 0, 1U << 20U);
      ASSERT_TRUE(bytes);
      for (const std::byte b : *bytes) text.push_back(static_cast<char>(b));
      fs_->release(opened->handle);
    });
    return text;
  };
  EXPECT_TRUE(read_as(0).ends_with("no answer (read by cp[77])\n")) << read_as(0);
  EXPECT_EQ(read_as(4711), "");
  (void)walk({".esofs", "errors"});  // whatever a lookup has measured is not another user's to read
  EXPECT_EQ(read_as(4711), "");
}

}  // namespace
}  // namespace esofs::fs
