#include "cache/listings/generations.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/unit/cache/catalog_fixture.h"

namespace esofs::cache {
namespace {

class GenerationsTest : public CatalogFixture {};

TEST_F(GenerationsTest, ASnapshotIsReadableWhileItIsHeldAndGoesAfterwards) {
  put_table("Q", 5'000);
  auto old = listing("Q");
  ASSERT_TRUE(old);
  const auto old_file = (*old)->result_file();
  ASSERT_TRUE(old_file);
  put_table("Q", 10);
  catalog_->refresh(query("Q"));
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(catalog_->known_listing(query("Q"))->rows(), 10U);
  EXPECT_EQ(names(**old).size(), 5'000U);
  EXPECT_TRUE((*old)->find(id(4'999) + ".fits")->has_value());
  EXPECT_TRUE((*old)->result_file());
  old = Error(EIO, "let go");
  ASSERT_TRUE(listing("Q"));
  settle();
  EXPECT_EQ(records(Shelf::kRows), 10U);
  EXPECT_EQ(records(Shelf::kEntries), 10U);
  EXPECT_EQ(records(Shelf::kNames), 10U);
  EXPECT_FALSE(std::filesystem::exists(*old_file));
}

TEST_F(GenerationsTest, AYoungListingIsKeptIfAnotherProcessMayReadIt) {
  put_table("Q", 10);
  put_table("R", 7);
  ASSERT_TRUE(listing("Q"));
  const auto other = dir_ / "meta.user-1";  // of another process
  { const std::ofstream made(other); }
  catalog_->forget(query("Q"));
  settle();
  EXPECT_EQ(catalog_->known_listing(query("Q")), nullptr);
  EXPECT_EQ(records(Shelf::kRows), 10U);
  now_ += 60;
  ASSERT_TRUE(listing("R"));
  settle();
  EXPECT_EQ(records(Shelf::kRows), 7U);
}

TEST_F(GenerationsTest, ACrashInTheMiddleLeavesTheOldListingAndNoGarbage) {
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

}  // namespace
}  // namespace esofs::cache
