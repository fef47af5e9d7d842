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
  for (const char* path : {"/1", "/2", "/3"}) log.add(1, path, Error(EIO, "x"));
  EXPECT_EQ(log.size(), 2U);
  EXPECT_EQ(log.text().find("/1"), std::string::npos);
}

TEST(ErrorLog, AnswersThatAreNoFailuresAreNotWorthALine) {
  for (const int code : {ENOENT, ENODATA, EINTR, EROFS}) EXPECT_FALSE(ErrorLog::worth_a_line(code)) << code;
  for (const int code : {EIO, EACCES, ETIMEDOUT, EAGAIN, EINVAL, ESTALE})
    EXPECT_TRUE(ErrorLog::worth_a_line(code)) << code;
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

}  // namespace
}  // namespace esofs::fs
