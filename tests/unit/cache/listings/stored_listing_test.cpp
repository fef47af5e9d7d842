#include "cache/listings/stored_listing.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "cache/listings/listing_keys.h"
#include "cache/store/records.h"
#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

class StoredListingTest : public CatalogFixture {};

TEST_F(StoredListingTest, AListingHasColumnsEntriesAndRows) {
  put_table("Q", 10'000);
  auto found = listing("Q");
  ASSERT_TRUE(found);
  const Listing& here = **found;
  EXPECT_EQ(here.columns().at(1).name, "access_url");
  const auto all = names(here);
  ASSERT_EQ(all.size(), 10'000U);
  EXPECT_EQ(all[5000], id(5000) + ".fits");
  EXPECT_EQ(names(here, 9'990).size(), 10U);
  int seen = 0;
  ASSERT_TRUE(here.entries(5, [&seen](const Listing::Entry& entry) {
    EXPECT_EQ(entry.row, 5U + static_cast<unsigned>(seen));
    return ++seen < 3;
  }));
  EXPECT_EQ(seen, 3);
  auto row = here.row(7);
  ASSERT_TRUE(row);
  EXPECT_EQ(*row, row_of(id(7)));
  EXPECT_EQ(here.row(10'000).error().code(), ENOENT);
}

TEST_F(StoredListingTest, AnEntryIsFoundByItsNameAndByThePortableForm) {
  put_table("Q", 100);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  auto entry = (*here)->find(id(42) + ".fits");
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->row, 42U);
  EXPECT_EQ((*entry)->dataset.id, id(42));
  EXPECT_EQ((*entry)->dataset.access, client::AccessKind::kDataLink);
  std::string portable = id(42) + ".fits";
  std::replace(portable.begin(), portable.end(), ':', '_');
  entry = (*here)->find(portable);
  ASSERT_TRUE(entry && *entry);
  EXPECT_EQ((*entry)->row, 42U);
  std::string other = id(42) + ".fits";
  std::replace(other.begin(), other.end(), ':', ';');
  for (const std::string& name : {std::string("nothing.fits"), other, id(42), std::string()}) {
    entry = (*here)->find(name);
    ASSERT_TRUE(entry) << entry.error().what();
    EXPECT_FALSE(*entry) << name;
  }
}

TEST_F(StoredListingTest, NamesFollowEachOtherInTheOrderOfShells) {
  put_ids("Q", {id(7), id(2), id(9), id(4), id(3)});
  const auto here = listing("Q");
  ASSERT_TRUE(here);
  auto rows = (*here)->rows_after(id(2) + ".fits", 3);
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, (std::vector<std::uint64_t>{4, 3, 0})) << "3, 4, 7";
  const auto slowly = (*here)->Listing::rows_after(id(2) + ".fits", 3);
  ASSERT_TRUE(slowly);
  EXPECT_EQ(*slowly, *rows);
  rows = (*here)->rows_after(id(7) + ".fits", 3);
  ASSERT_TRUE(rows);
  EXPECT_EQ(*rows, std::vector<std::uint64_t>{2}) << "it ends with its listing";
}

TEST_F(StoredListingTest, EveryDatasetIsFoundByItsIdAndByItsDirectory) {
  const std::vector<std::string> ids{id(1), "ivo://a/1/image",      "ivo://a/2/image",
                                     "a:b", std::string(3000, 'l'), "ivo://x?a#b (c)"};
  put_ids("Q", ids);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  const auto all = names(**here);
  ASSERT_EQ(all.size(), ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto by_id = (*here)->find_id(ids[i]);
    ASSERT_TRUE(by_id && *by_id) << ids[i];
    EXPECT_EQ((*by_id)->name, all[i]);
    const std::string directory = all[i].substr(0, all[i].size() - 5);
    const auto by_directory = (*here)->find_directory(directory);
    ASSERT_TRUE(by_directory && *by_directory) << directory;
    EXPECT_EQ((*by_directory)->dataset.id, ids[i]);
  }
  EXPECT_EQ((*here)->find_directory("a_b")->value().dataset.id, "a:b") << "the portable form";
  EXPECT_FALSE(*(*here)->find_directory("image-3"));
  EXPECT_FALSE(*(*here)->find_id("ivo://a/3/image"));
}

// What another mount does to the store while this one has a listing open.
TEST_F(StoredListingTest, AListingThatAnotherProcessDeletesIsStaleAndNotShort) {
  put_table("Q", 100);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  std::string key;
  ASSERT_TRUE(
      disk_->scan(Shelf::kListings, kGenerationPrefix, [&key](std::string_view found, std::string_view) {
        key = found;
        return false;
      }));
  GenerationRecord record;
  record.state = GenerationRecord::State::kDeleting;
  ASSERT_TRUE(disk_->put(Shelf::kListings, key, encode(record)));
  const Generation generation = key.substr(1);
  for (std::uint64_t i = 0; i < 50; ++i)
    ASSERT_TRUE(disk_->erase(Shelf::kEntries, cache::row_key(generation, i)));
  EXPECT_EQ((*here)->entries(0, [](const auto&) { return true; }).error().code(), ESTALE);
  EXPECT_EQ((*here)->find(id(3) + ".fits").error().code(), ESTALE);
}

TEST_F(StoredListingTest, ADamagedRecordInAListingIsAnErrorAndNotAGap) {
  put_table("Q", 3);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  std::string key;
  ASSERT_TRUE(disk_->scan(Shelf::kEntries, "", [&key](std::string_view found, std::string_view) {
    key = found;
    return false;
  }));
  ASSERT_TRUE(disk_->put(Shelf::kEntries, key, "\x01 garbage"));
  ASSERT_TRUE(disk_->put(Shelf::kRows, key, ""));
  EXPECT_EQ((*here)->entries(0, [](const auto&) { return true; }).error().code(), EIO);
  EXPECT_EQ((*here)->find(id(0) + ".fits").error().code(), EIO);
  EXPECT_EQ((*here)->row(0).error().code(), EIO);
}

}  // namespace
}  // namespace esofs::cache
