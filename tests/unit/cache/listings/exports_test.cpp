// Exports: the answers of queries in other formats, beside the VOTable kept.
#include "cache/listings/exports.h"

#include <fstream>
#include <iterator>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

const std::string kAdql = "SELECT * FROM t";

class ExportsTest : public CatalogFixture {
 protected:
  using Path = std::filesystem::path;

  // Two rows, the third shows that there are more.
  void put_answer(std::uint64_t rows = 2) {
    std::string document =
        "<VOTABLE><RESOURCE type=\"results\"><TABLE><FIELD name=\"dp_id\" datatype=\"char\" "
        "arraysize=\"*\"/><DATA><TABLEDATA>";
    for (std::uint64_t i = 0; i < rows + 1; ++i) document += "<TR><TD>" + id(i) + "</TD></TR>";
    put_table(kAdql, rows, document + "</TABLEDATA></DATA></TABLE></RESOURCE></VOTABLE>");
  }
  std::future<Result<Path>> ask_result(const std::shared_ptr<const Listing>& of, client::TableFormat format) {
    auto promise = std::make_shared<std::promise<Result<Path>>>();
    auto future = promise->get_future();
    catalog_->result(of, format, [promise](Result<Path> path) { promise->set_value(std::move(path)); });
    return future;
  }
  Result<Path> result(const std::shared_ptr<const Listing>& of, client::TableFormat format) {
    auto asked = ask_result(of, format);
    return wait(asked);
  }
  static std::string content(const Path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(results_dir_))
      names.push_back(entry.path().extension().string());
    std::sort(names.begin(), names.end());
    return names;
  }
};

TEST_F(ExportsTest, AnExportHasTheRowsOfItsListingAndLiesBesideItsVotable) {
  put_answer();
  auto listed = listing(kAdql);
  ASSERT_TRUE(listed);
  EXPECT_FALSE(catalog_->known_result(**listed, client::TableFormat::kCsv));
  const auto csv = result(*listed, client::TableFormat::kCsv);
  ASSERT_TRUE(csv) << csv.error().what();
  EXPECT_EQ(content(*csv), "dp_id\n" + id(0) + "\n" + id(1) + "\n");
  EXPECT_EQ(csv->parent_path(), results_dir_);
  EXPECT_EQ(*catalog_->known_result(**listed, client::TableFormat::kCsv), *csv);
  EXPECT_EQ(files(), (std::vector<std::string>{".csv", ".vot"}));
}

TEST_F(ExportsTest, TheSecondAskerGetsTheFileThatIsThere) {
  put_answer();
  auto listed = listing(kAdql);
  const auto first = result(*listed, client::TableFormat::kJson);
  ASSERT_TRUE(first);
  const auto when = std::filesystem::last_write_time(*first);
  EXPECT_EQ(*result(*listed, client::TableFormat::kJson), *first);
  EXPECT_EQ(std::filesystem::last_write_time(*first), when);
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(ExportsTest, ItIsThereAfterARestart) {
  put_answer();
  { ASSERT_TRUE(result(*listing(kAdql), client::TableFormat::kFits)); }
  restart();
  auto listed = listing(kAdql);
  EXPECT_TRUE(catalog_->known_result(**listed, client::TableFormat::kFits));
}

TEST_F(ExportsTest, ExportsGoWithTheirAnswer) {
  put_answer();
  {
    auto listed = listing(kAdql);
    for (const auto format : client::kTableFormats) ASSERT_TRUE(result(*listed, format));
    ASSERT_EQ(files().size(), 6U);
  }
  settle();
  catalog_->forget(query(kAdql));
  settle();
  EXPECT_EQ(files(), std::vector<std::string>());
}

TEST_F(ExportsTest, WhatADeadProcessWasWritingIsRemovedAndALivingOnesIsNot) {
  put_answer();
  auto listed = listing(kAdql);
  const auto votable = *(*listed)->result_file();
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  const Path dead =
      votable.parent_path() / (votable.stem().string() + ".csv." + std::to_string(child) + ".part");
  const Path living =
      votable.parent_path() / (votable.stem().string() + ".csv." + std::to_string(::getppid()) + ".part");
  std::ofstream(dead) << "half";
  std::ofstream(living) << "half";
  ASSERT_TRUE(result(*listed, client::TableFormat::kCsv));
  EXPECT_FALSE(std::filesystem::exists(dead));
  EXPECT_TRUE(std::filesystem::exists(living));
}

TEST_F(ExportsTest, AFailureIsReturnedForAWhileAndLeavesNothing) {
  put_table(kAdql, 2, "<VOTABLE><RESOURCE>");
  auto listed = listing(kAdql);
  const auto failed = result(*listed, client::TableFormat::kCsv);
  ASSERT_FALSE(failed);
  EXPECT_EQ(files(), std::vector<std::string>{".vot"});
  std::ofstream(*(*listed)->result_file()) << "<VOTABLE><RESOURCE>";  // of the same size
  EXPECT_EQ(result(*listed, client::TableFormat::kCsv).error().what(), failed.error().what());
}

TEST_F(ExportsTest, AnAnswerThatHasOtherRowsThanItsListingIsNoAnswer) {
  put_table(kAdql, 5,
            "<VOTABLE><RESOURCE><TABLE><FIELD name=\"a\" datatype=\"int\"/><DATA><TABLEDATA/></DATA></TABLE>"
            "</RESOURCE></VOTABLE>");
  const auto failed = result(*listing(kAdql), client::TableFormat::kCsv);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), EIO);
}

TEST_F(ExportsTest, AnAnswerThatWasNotKeptHasNoExports) {
  put_answer();
  auto listed = listing(kAdql);
  std::filesystem::remove(*(*listed)->result_file());
  const auto failed = result(*listed, client::TableFormat::kCsv);
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code(), ENODATA);
}

}  // namespace
}  // namespace esofs::cache
