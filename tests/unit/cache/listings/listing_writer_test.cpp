#include "cache/listings/listing_writer.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;

class ListingWriterTest : public CatalogFixture {};

TEST_F(ListingWriterTest, AnAnswerWithoutDatasetsHasRowsOnly) {
  archive_.put_table("Q", FakeArchive::named({"n"}), {{{std::int64_t{5}}}, {{std::int64_t{6}}}});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->rows(), 2U);
  EXPECT_EQ((*here)->datasets(), 0U);
  EXPECT_TRUE(names(**here).empty());
  EXPECT_EQ((*here)->row(1)->at(0), client::Value{std::int64_t{6}});
  EXPECT_FALSE(catalog_->state(query("Q")).names_datasets);
}

TEST_F(ListingWriterTest, AnAnswerWithoutRowsIsAnAnswer) {
  put_table("Q", 0);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->rows(), 0U);
  EXPECT_EQ((*here)->columns().size(), 3U);
  EXPECT_TRUE(catalog_->state(query("Q")).known);
}

TEST_F(ListingWriterTest, ARetryBeginsTheListingAgain) {
  put_table("Q", 10'000);
  archive_.restart_after("Q", 6'000);
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ((*here)->rows(), 10'000U);
  EXPECT_EQ(names(**here).size(), 10'000U);
  EXPECT_EQ(names(**here).at(1), id(1) + ".fits");  // and not -2
  settle();
  EXPECT_EQ(records(Shelf::kRows), 10'000U);  // nothing is left of the first attempt
}

TEST_F(ListingWriterTest, AnAnswerThatBreaksOffIsNoListing) {
  put_table("Q", 10'000);
  archive_.fail_after("Q", 9'000, Error(EIO, "broken off"));
  EXPECT_EQ(listing("Q").error().code(), EIO);
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  settle();
  EXPECT_EQ(records(Shelf::kRows), 0U);
}

TEST_F(ListingWriterTest, ADatasetNamedByManyRowsIsOneEntry) {
  put_ids("Q", {id(1), id(2), id(1), id(1), id(3)});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->rows(), 5U);
  EXPECT_EQ((*here)->datasets(), 3U);
  EXPECT_EQ(names(**here), (std::vector<std::string>{id(1) + ".fits", id(2) + ".fits", id(3) + ".fits"}));
  EXPECT_EQ((*here)->find(id(1) + ".fits")->value().row, 0U);
}

TEST_F(ListingWriterTest, FilesOfOneIdGoByTheirUrlsAfterTheFirst) {
  const std::vector<std::pair<std::string, std::string>> files{{"ivo://other/HST?o1/u5ka5301r", "a"},
                                                               {"ivo://other/HST?o1/u5ka5301r", "b"},
                                                               {"ivo://other/HST?o1/u5ka5301r", "a"},
                                                               {"ivo://other/HST?o1/u5ka5301r", "b"},
                                                               {"ivo://other/b", "c"},
                                                               {"ivo://other/b", "c"}};
  std::vector<client::Row> rows;
  for (const auto& [id, file] : files)
    rows.push_back({{id}, {"http://archive/" + file + ".fits"}, {std::string("image/fits")}});
  archive_.put_table("Q", columns(), rows);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ(names(**here), (std::vector<std::string>{"u5ka5301r.fits", "b.fits", "b-2.fits"}));
  EXPECT_EQ((*here)->find("u5ka5301r.fits")->value().dataset.access_url, "http://archive/a.fits");
  EXPECT_EQ((*here)->find("b.fits")->value().dataset.access_url, "http://archive/b.fits");
  EXPECT_EQ((*here)->find("b-2.fits")->value().dataset.access_url, "http://archive/c.fits");
}

TEST_F(ListingWriterTest, DatasetsOfOneNameGetNumbersInRowOrder) {
  put_ids("Q", {"ivo://a/1/image", "ivo://a/2/image", "ivo://a/3/image", "ivo://a/2/image", "ivo://x/image-3",
                "ivo://a/4/image", "a:b", "a;b"});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  const std::vector<std::string> expected{"image.fits",   "image-2.fits", "image-3.fits", "image-3-2.fits",
                                          "image-4.fits", "a:b.fits",     "a;b-2.fits"};
  EXPECT_EQ(names(**here), expected);
  for (const auto& name : expected) {
    auto entry = (*here)->find(name);
    ASSERT_TRUE(entry && *entry) << name;
    EXPECT_EQ((*entry)->name, name);
  }
  EXPECT_EQ((*here)->find("image-2.fits")->value().dataset.id, "ivo://a/2/image");
}

TEST_F(ListingWriterTest, NamesOfAServerCannotLeaveTheDirectory) {
  put_ids("Q", {"..", ".", "../../etc/passwd", "a/b/..", "x\ny", std::string(3000, 'l'),
                std::string(3000, 'l') + "m"});
  auto here = listing("Q");
  ASSERT_TRUE(here);
  const auto all = names(**here);
  EXPECT_EQ(all.size(), 7U);
  for (const auto& name : all) {
    EXPECT_EQ(name.find('/'), std::string::npos);
    EXPECT_EQ(name.find('\n'), std::string::npos);
    EXPECT_LE(name.size(), 255U);
    EXPECT_NE(name, "..");
    EXPECT_NE(name, ".");
    EXPECT_TRUE((*here)->find(name)->has_value()) << name;
  }
}

TEST_F(ListingWriterTest, ALongListingPassesThroughInBatches) {
  constexpr std::uint64_t kRows = 50'000;
  put_table("Q", kRows);
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ((*here)->rows(), kRows);
  EXPECT_LE(store_->largest_batch, 3U * 4096U);
  std::uint64_t count = 0;
  ASSERT_TRUE((*here)->entries(0, [&count](const Listing::Entry& entry) { return entry.row == count++; }));
  EXPECT_EQ(count, kRows);
  EXPECT_TRUE((*here)->find(id(kRows - 1) + ".fits")->has_value());
}

TEST_F(ListingWriterTest, AStoreThatFailsFromTheBeginningCostsNoListing) {
  put_table("Q", 10'000);
  store_->good_puts = false;
  store_->good_commits = 0;
  auto here = listing("Q");
  ASSERT_TRUE(here) << here.error().what();
  EXPECT_EQ(names(**here).size(), 10'000U);
  EXPECT_EQ(*(*here)->row(9'999), row_of(id(9'999)));
  EXPECT_TRUE(catalog_->state(query("Q")).known);
  EXPECT_EQ((*listing("Q"))->id(), (*here)->id());
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(ListingWriterTest, AStoreThatFailsInTheMiddleCostsNoListing) {
  put_table("Q", 20'000);
  for (const int good : {1, 3, 5}) {
    catalog_->forget(query("Q"));
    settle();
    store_->good_commits = good;
    auto here = listing("Q");
    ASSERT_TRUE(here) << here.error().what();
    EXPECT_EQ((*here)->rows(), 20'000U);
    EXPECT_EQ(names(**here).size(), 20'000U);
    EXPECT_TRUE((*here)->find(id(3) + ".fits")->has_value());
    EXPECT_EQ((*listing("Q"))->id(), (*here)->id());
    store_->good_commits = 1 << 30;
    settle();
  }
  EXPECT_EQ(archive_.query_count(), 3);
}

}  // namespace
}  // namespace esofs::cache
