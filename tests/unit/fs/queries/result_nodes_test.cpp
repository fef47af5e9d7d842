// table/result.*: the answer of a query in other forms.
#include <sys/stat.h>

#include <cerrno>
#include <fstream>

#include "fs/queries/result_nodes.h"
#include "tests/support/fs_fixture.h"

namespace esofs::fs {
namespace {

class ResultNodesTest : public tests::FsFixture {
 protected:
  ResultNodesTest() {
    listing_->file = file("result.vot", "<VOTABLE/>");
    save("a", tests::kAdql);
  }
  std::filesystem::path file(const std::string& name, const std::string& content) {
    auto path = temp_.path() / name;
    std::ofstream(path) << content;
    return path;
  }
  std::uint64_t result(const std::string& extension) {
    return walk({"queries", "a", "table", "result" + extension});
  }
};

TEST_F(ResultNodesTest, AFormIsMadeWhenItIsOpenedAndItsSizeIsExactFromThenOn) {
  (void)list({"queries", "a"});
  catalog_.put_result(client::TableFormat::kCsv, file("made.csv", "dp_id\nX\n"));
  const auto ino = result(".csv");
  auto before = fs_->getattr(ino);
  ASSERT_TRUE(before);
  EXPECT_GT(before->attributes.st_size, 0);
  EXPECT_EQ(before->attr_timeout, 0) << "an estimate is not kept";
  EXPECT_EQ(cat(ino), "dp_id\nX\n");
  EXPECT_EQ(fs_->getattr(ino)->attributes.st_size, 8);
}

TEST_F(ResultNodesTest, OpeningAFormRunsTheQuery) {
  catalog_.put_result(client::TableFormat::kJson, file("made.json", "{}"));
  EXPECT_EQ(cat(result(".json")), "{}");
  EXPECT_EQ(catalog_.asked(), 1);
}

TEST_F(ResultNodesTest, AFormThatCannotBeMadeIsItsErrno) {
  auto opened = open(result(".fits"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ENOSPC);
}

TEST_F(ResultNodesTest, WaitingForAFormCanBeInterrupted) {
  (void)list({"queries", "a"});
  catalog_.put_result(client::TableFormat::kCsv, file("made.csv", "x"));
  catalog_.hold();
  std::optional<Result<Opened>> answer;
  const auto cancel =
      fs_->open(result(".csv"), O_RDONLY, {}, [&](Result<Opened> opened) { answer = std::move(opened); });
  ASSERT_FALSE(answer);
  cancel();
  ASSERT_TRUE(answer && !*answer);
  EXPECT_EQ(answer->error().code(), EINTR);
}

TEST_F(ResultNodesTest, OtherNamesAreNoFiles) {
  for (const char* name : {"result", "result.xml", "result.csv.gz", "other.csv", ".csv"}) {
    auto entry = lookup(walk({"queries", "a", "table"}), name);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->ino, 0U) << name;
  }
}

TEST_F(ResultNodesTest, AttributesSayWhetherTheAnswerIsWhole) {
  (void)list({"queries", "a"});
  EXPECT_EQ(*fs_->getxattr(result(".csv"), "user.esofs.truncated"), "false");
  EXPECT_EQ(*fs_->getxattr(result(".vot"), "user.esofs.rows"), "2");
}

TEST_F(ResultNodesTest, FormsOfAnAnswerThatWasNotKeptAreMadeOfItsRows) {
  listing_->file.reset();
  (void)list({"queries", "a"});
  EXPECT_EQ(list({"queries", "a", "table"}),
            (std::vector<std::string>{"result.vot", "result.csv", "result.tsv", "result.json", "result.fits",
                                      "result.txt", "summary.txt"}));
  std::string csv = "dp_id\n";
  for (const auto& row : listing_->listing_rows) csv += std::get<std::string>(row.front().is) + "\n";
  EXPECT_EQ(cat(result(".csv")), csv);
  EXPECT_EQ(cat(result(".fits")).size() % 2880, 0U);
  EXPECT_NE(cat(result(".vot")).find("<TR><TD>" + tests::kId + "</TD></TR>"), std::string::npos);
}

TEST_F(ResultNodesTest, ALongAnswerThatWasNotKeptSaysWhy) {
  listing_->file.reset();
  listing_->listing_rows.resize(50'001, client::Row{client::Value{std::string("x")}});
  (void)list({"queries", "a"});
  const auto opened = open(result(".vot"));
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ENODATA);
  EXPECT_NE(std::string(opened.error().what()).find("the cache disk was full or read-only"),
            std::string::npos);
}

}  // namespace
}  // namespace esofs::fs
