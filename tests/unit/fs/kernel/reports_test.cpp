// What callers were refused: .esofs/errors, user.esofs.error, and the path that was used.
#include "fs/kernel/reports.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <string>

#include "tests/support/fs_fixture.h"

namespace esofs::tests {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ReportsTest : public FsFixture {
 protected:
  std::string errors() { return cat({".esofs", "errors"}); }
  std::string last(std::uint64_t ino) {
    auto value = fs_->getxattr(ino, "user.esofs.error");
    return value ? *value : std::string();
  }
  std::string why(std::uint64_t ino, const std::string& name) {
    std::optional<Result<std::string>> answer;
    (void)fs_->why(ino, name, [&](Result<std::string> told) { answer = std::move(told); });
    return answer && *answer ? **answer : "no answer";
  }
};

TEST_F(ReportsTest, ANameThatWasTypedWrongHasASentence) {
  ASSERT_EQ(lookup(fs::kRootInode, "querys")->ino, 0U);
  EXPECT_THAT(errors(), HasSubstr(" /querys ENOENT there is no 'querys' here; did you mean queries?"));
  EXPECT_EQ(last(fs::kRootInode), "ENOENT querys: there is no 'querys' here; did you mean queries?");
}

TEST_F(ReportsTest, NamesThatProgramsTryLeaveNoLine) {
  for (const char* name : {"login.cl", "X.fits.fits", ".git", "HEAD", "NAXIS1", "X.fits[1]", "uparmx.par"}) {
    ASSERT_EQ(lookup(fs::kRootInode, name)->ino, 0U) << name;
    ASSERT_EQ(lookup(walk({"datasets"}), name)->ino, 0U) << name;
  }
  EXPECT_THAT(errors(), IsEmpty());
  EXPECT_THAT(last(fs::kRootInode), IsEmpty());
}

TEST_F(ReportsTest, ADatasetThatIsNoIdentifierIsToldSo) {
  const auto datasets = walk({"datasets"});
  ASSERT_EQ(lookup(datasets, "foo")->ino, 0U);
  EXPECT_THAT(errors(), HasSubstr(" /datasets/foo ENOENT 'foo' is no identifier of this archive"));
  EXPECT_THAT(why(datasets, "foo"), HasSubstr("'foo' is no identifier"));
}

TEST_F(ReportsTest, TheErrorOfADirectoryIsOverWhenItOpens) {
  const auto datasets = walk({"datasets"});
  fs_->report(datasets, "", Error(EINVAL, "the server's sentence"));
  EXPECT_EQ(last(datasets), "EINVAL the server's sentence");
  ASSERT_TRUE(list({"datasets"}).empty());
  EXPECT_THAT(last(datasets), IsEmpty());
}

TEST_F(ReportsTest, AFileWithoutDataHasALine) {
  const auto file = walk({"datasets", kId, kId + ".fits"});
  fs_->report(file, "", Error(ENODATA, "the dataset does not reach there"));
  EXPECT_THAT(errors(), HasSubstr(".fits ENODATA the dataset does not reach there"));
}

TEST_F(ReportsTest, WhyOfANameThatIsThereIsEmpty) { EXPECT_EQ(why(fs::kRootInode, "queries"), ""); }

TEST_F(ReportsTest, WhyOfAnyOtherNameIsASentence) {
  EXPECT_EQ(why(fs::kRootInode, "login.cl").substr(0, 7), "ENOENT ");
  EXPECT_THAT(why(walk({"queries"}), "nobody"),
              HasSubstr("; to make it, write queries/nobody.adql, or mkdir"));
  EXPECT_THAT(why(walk({"queries"}), "uves9.sql"), HasSubstr("write queries/uves9.adql, or mkdir"));
}

TEST_F(ReportsTest, ANewFileThatIsRefusedHasALine) {
  const auto queries = walk({"queries"});
  Cause cause{0, 1000, Operation::kCreate};
  const auto refused = [&](const std::string& name) {
    const auto made = fs_->create(queries, name);
    ASSERT_FALSE(made);
    fs_->report(queries, name, made.error(), cause);
  };
  for (const char* tried : {".notes.txt.swp", "notes.txt~", "4913"}) refused(tried);
  EXPECT_THAT(errors(), IsEmpty());
  refused("notes.txt");
  EXPECT_THAT(errors(), HasSubstr(" /queries/notes.txt EROFS queries/ holds queries only: write "));
  cause.operation = Operation::kUnlink;
  refused("second.txt");
  EXPECT_THAT(errors(), Not(HasSubstr("second")));
}

TEST(PathUsedTest, ItIsTheLatestIfNothingIsKnownOfTheProcess) {
  EXPECT_EQ(fs::path_used({"/queries/b/x.fits", "/queries/a/x.fits"}, 0), "/queries/b/x.fits");
  EXPECT_EQ(fs::path_used({"/queries/b/x.fits", "/queries/a/x.fits"}, ::getpid()), "/queries/b/x.fits");
}

TEST(PathUsedTest, ItIsTheOneBelowTheWorkingDirectory) {
  // The working directory of the test ends with its last two parts.
  char buffer[4096];
  ASSERT_NE(::getcwd(buffer, sizeof buffer), nullptr);
  const std::string here = buffer;
  EXPECT_EQ(fs::path_used({"/queries/b/x.fits", here + "/x.fits"}, ::getpid()), here + "/x.fits");
}

}  // namespace
}  // namespace esofs::tests
