// What the catalog keeps over restarts, crashes and between processes.
#include <signal.h>
#include <unistd.h>

#include <fstream>

#include "cache/listings/listing_keys.h"
#include "cache/store/records.h"
#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

using Op = tests::FakeArchive::Op;

class CatalogDurabilityTest : public CatalogFixture {};

TEST_F(CatalogDurabilityTest, AListingSurvivesARestart) {
  put_table("Q", 5'000, "<VOTABLE>sent</VOTABLE>");
  const std::string id_before = (*listing("Q"))->id();
  restart();
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ((*here)->id(), id_before);
  EXPECT_EQ(names(**here).size(), 5'000U);
  EXPECT_EQ((*here)->columns().size(), 3U);
  EXPECT_TRUE((*here)->result_file());
  EXPECT_EQ(archive_.query_count(), 1);
  settle();
  EXPECT_EQ(records(Shelf::kRows), 5'000U);
}

TEST_F(CatalogDurabilityTest, ARefreshAskedForSurvivesARestart) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  catalog_->refresh(query("Q"));
  restart();
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(CatalogDurabilityTest, AJobIsPickedUpAfterARestart) {
  put_table("Q", 3);
  QuerySpec spec = query("Q");
  spec.mode = client::QueryMode::kAsync;
  archive_.hold("Q");
  auto asked = ask(spec);
  ASSERT_TRUE(archive_.wait_held());
  catalog_.reset();
  lane_.reset();  // stops the query
  EXPECT_FALSE(wait(asked.answer));
  restart();
  EXPECT_EQ(catalog_->state(spec).job_url, "http://archive/tap/async/1");
  EXPECT_FALSE(catalog_->state(spec).running);
  EXPECT_FALSE(catalog_->state(spec).error);
  ASSERT_TRUE(listing(spec));
  ASSERT_EQ(archive_.queries().size(), 2U);
  EXPECT_EQ(archive_.queries()[0].job_url, "");
  EXPECT_EQ(archive_.queries()[1].job_url, "http://archive/tap/async/1");
  catalog_->refresh(spec);
  ASSERT_TRUE(listing(spec));
  settle();
  EXPECT_EQ(archive_.queries().back().job_url, "");  // it has been used up
}

TEST_F(CatalogDurabilityTest, AJobSurvivesATimeOutButNotARefusal) {
  QuerySpec spec = query("Q");
  spec.mode = client::QueryMode::kAsync;
  archive_.fail_next(Op::kQuery, Error(ETIMEDOUT, "slow"));
  EXPECT_FALSE(listing(spec));
  now_ += 60;
  archive_.fail_next(Op::kQuery, Error(EINVAL, "job failed"));
  EXPECT_FALSE(listing(spec));
  EXPECT_EQ(archive_.queries().back().job_url, "http://archive/tap/async/1");
  EXPECT_EQ(catalog_->state(spec).job_url, "");
}

TEST_F(CatalogDurabilityTest, ProcessesShareListings) {
  put_table("Q", 3'000);
  EXPECT_EQ(in_child([this](Catalog& catalog, Lane&) {
              std::promise<bool> done;
              catalog.listing(query("Q"),
                              [&done](const Answer& answer) { done.set_value(answer.has_value()); });
              return done.get_future().get() ? 0 : 1;
            }),
            0);
  EXPECT_EQ(archive_.query_count(), 0);
  auto here = listing("Q");
  ASSERT_TRUE(here);
  EXPECT_EQ(names(**here).size(), 3'000U);
  EXPECT_EQ(archive_.query_count(), 0);
}

TEST_F(CatalogDurabilityTest, ACrashInTheMiddleLeavesTheOldListingAndNoGarbage) {
  put_table("Q", 10);
  ASSERT_TRUE(listing("Q"));
  catalog_->refresh(query("Q"));
  archive_.put_table("Q", columns(), 20'000,
                     [](std::uint64_t i) {
                       if (i == 15'000) ::kill(::getpid(), SIGKILL);
                       return row_of(id(i));
                     },
                     {});
  EXPECT_EQ(in_child([this](Catalog& catalog, Lane&) {
              catalog.listing(query("Q"), [](const Answer&) {});
              std::this_thread::sleep_for(kPatience);
              return 1;
            }),
            -SIGKILL);
  put_table("Q", 11);
  ASSERT_TRUE(catalog_->known_listing(query("Q")));
  EXPECT_EQ(names(*catalog_->known_listing(query("Q"))).size(), 10U);
  settle();
  EXPECT_EQ(records(Shelf::kRows), 10U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(results_dir_), {}), 1);
  EXPECT_EQ((*listing("Q"))->rows(), 10U);
  settle();
  EXPECT_EQ((*listing("Q"))->rows(), 11U);
}

// What another mount does to the store while this one has a listing open.
TEST_F(CatalogDurabilityTest, AListingThatAnotherProcessDeletesIsStaleAndNotShort) {
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

TEST_F(CatalogDurabilityTest, ADamagedSnapshotIsAskedForAnew) {
  put_table("Q", 3);
  ASSERT_TRUE(listing("Q"));
  settle();
  std::string key;
  ASSERT_TRUE(disk_->scan(Shelf::kListings, "S", [&key](std::string_view found, std::string_view) {
    key = found;
    return false;
  }));
  ASSERT_TRUE(disk_->put(Shelf::kListings, key, "\xff garbage"));
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  EXPECT_EQ((*listing("Q"))->rows(), 3U);
  EXPECT_EQ(archive_.query_count(), 2);
}

TEST_F(CatalogDurabilityTest, ADamagedRecordInAListingIsAnErrorAndNotAGap) {
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
