#include "cache/listings/result_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

class ResultFileTest : public CatalogFixture {};

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_F(ResultFileTest, TheAnswerIsKeptAsTheServerSentIt) {
  put_table("Q", 3, "<VOTABLE>as sent</VOTABLE>");
  auto here = listing("Q");
  ASSERT_TRUE(here);
  auto file = (*here)->result_file();
  ASSERT_TRUE(file);
  EXPECT_EQ(file->parent_path(), results_dir_);
  EXPECT_EQ(file->filename(), (*here)->id() + ".vot");
  EXPECT_EQ(text_of(*file), "<VOTABLE>as sent</VOTABLE>");
  EXPECT_EQ(catalog_->state(query("Q")).result_bytes, 26U);
  std::filesystem::resize_file(*file, 5);
  EXPECT_FALSE((*here)->result_file());  // not the answer any more
}

TEST_F(ResultFileTest, AnAnswerThatCannotBeKeptDoesNotCostTheListing) {
  std::ofstream(dir_ / "file") << "x";
  results_dir_ = dir_ / "file/results";
  restart();
  put_table("Q", 3);
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ(names(**here).size(), 3U);
  EXPECT_FALSE((*here)->result_file());
  EXPECT_EQ(catalog_->state(query("Q")).result_bytes, 0U);
  EXPECT_EQ((*here)->not_kept().code(), ENODATA);
  EXPECT_THAT((*here)->not_kept().what(), ::testing::HasSubstr("failed: Not a directory; mend that"));
}

TEST_F(ResultFileTest, AnAnswerThatTheStoreRefusedSaysWhy) {
  store_->good_commits = 0;
  put_table("Q", 3);
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_FALSE((*here)->result_kept());
  EXPECT_THAT((*here)->not_kept().what(), ::testing::HasSubstr("No space left on device; make room"));
}

TEST_F(ResultFileTest, AnAnswerIsKeptIfItsDirectoryWasRemoved) {
  std::filesystem::remove_all(results_dir_);
  put_table("q", 3);
  const auto here = listing("q");
  ASSERT_TRUE(here);
  EXPECT_TRUE((*here)->result_file());
}

}  // namespace
}  // namespace esofs::cache
