#include "cache/sizes/announced_sizes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "cache/store/metadata_store.h"
#include "client/base/lane.h"
#include "tests/support/fake_archive.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;

const std::string kFirst = "ADP.2018-06-21T20:32:57.736";
const std::string kSecond = "ADP.2018-06-21T20:32:57.737";
const std::string kQuery =
    "SELECT archive_id, access_estsize, name FROM phase3v2.files WHERE archive_id IN ('" + kFirst + "', '" +
    kSecond + "')";

client::Dataset dataset(const std::string& id, std::int64_t modified = 0) {
  client::Dataset dataset;
  dataset.id = id;
  dataset.modified = modified;
  return dataset;
}

client::Row row(const std::string& id, std::int64_t bytes, const std::string& name) {
  return {client::Value{id}, client::Value{bytes}, client::Value{name}};
}

class AnnouncedSizesTest : public ::testing::Test {
 protected:
  void put(std::vector<client::Row> rows) {
    archive_.put_table(kQuery, FakeArchive::named({"archive_id", "access_estsize", "name"}), std::move(rows));
  }
  bool ask(const std::vector<client::Dataset>& datasets) {
    std::promise<bool> answer;
    (void)sizes_->ask(datasets, [&answer](const Result<bool>& told) { answer.set_value(told && *told); });
    return answer.get_future().get();
  }
  bool ask_both() { return ask({dataset(kFirst), dataset(kSecond)}); }

  FakeArchive archive_;
  std::unique_ptr<MetadataStore> store_ = MetadataStore::in_memory();
  std::atomic<std::int64_t> now_ = 1'700'000'000;
  std::unique_ptr<AnnouncedSizes> sizes_;
  std::unique_ptr<Lane> lane_;

  AnnouncedSizesTest() { begin(); }
  // Also in place of one that was begun before, whose last job may still run.
  void begin() {
    lane_ = std::make_unique<Lane>("query", 2);
    sizes_ = std::make_unique<AnnouncedSizes>("phase3v2.files", archive_, *store_, *lane_,
                                              [this] { return now_.load(); });
  }
};

TEST_F(AnnouncedSizesTest, OneQueryTellsTheSizesOfManyFiles) {
  put({row(kFirst, 2'880, "a.fits"), row(kSecond, 5'760, "b.fits")});
  EXPECT_TRUE(ask_both());
  EXPECT_EQ(sizes_->known(dataset(kFirst), Form::kPlain), 2'880U);
  EXPECT_EQ(sizes_->known(dataset(kSecond), Form::kDelivered), 5'760U);
  EXPECT_TRUE(ask({dataset(kSecond)}));
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(AnnouncedSizesTest, TheyAreKeptForTheVersionOfTheFile) {
  put({row(kFirst, 2'880, "a.fits"), row(kSecond, 5'760, "b.fits")});
  EXPECT_TRUE(ask_both());
  begin();
  EXPECT_EQ(sizes_->known(dataset(kFirst), Form::kPlain), 2'880U);
  EXPECT_FALSE(sizes_->worth_asking(dataset(kFirst)));
  EXPECT_EQ(sizes_->known(dataset(kFirst, 1'600'000'000), Form::kPlain), std::nullopt) << "it has changed";
  EXPECT_TRUE(sizes_->worth_asking(dataset(kFirst, 1'600'000'000)));
}

TEST_F(AnnouncedSizesTest, OfAPackedFileOnlyTheDeliveredFormIsTold) {
  put({row(kFirst, 2'880, "a.fits.fz"), row(kSecond, 5'760, "")});
  EXPECT_TRUE(ask_both());
  EXPECT_EQ(sizes_->known(dataset(kFirst), Form::kDelivered), 2'880U);
  EXPECT_EQ(sizes_->known(dataset(kFirst), Form::kPlain), std::nullopt);
  EXPECT_EQ(sizes_->known(dataset(kSecond), Form::kPlain), std::nullopt) << "it may be packed";
}

TEST_F(AnnouncedSizesTest, RowsThatContradictEachOtherTellNothing) {
  put({row(kFirst, 2'880, "a.fits"), row(kFirst, 5'760, "a.fits"), row(kSecond, 0, "b.fits")});
  EXPECT_TRUE(ask_both());
  EXPECT_EQ(sizes_->known(dataset(kFirst), Form::kDelivered), std::nullopt);
  EXPECT_EQ(sizes_->known(dataset(kSecond), Form::kDelivered), std::nullopt);
}

TEST_F(AnnouncedSizesTest, WhatTheTableDoesNotHaveIsAskedForOnce) {
  put({row(kFirst, 2'880, "a.fits")});
  EXPECT_TRUE(ask_both());
  EXPECT_FALSE(sizes_->worth_asking(dataset(kSecond)));
  EXPECT_TRUE(ask({dataset(kSecond)}));
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(AnnouncedSizesTest, ATableThatFailsIsLeftAloneForAWhile) {
  EXPECT_FALSE(ask_both()) << "no such table";
  EXPECT_FALSE(sizes_->worth_asking(dataset(kFirst)));
  now_ += AnnouncedSizes::kPause.count();
  put({row(kFirst, 2'880, "a.fits")});
  EXPECT_TRUE(ask_both());
  EXPECT_EQ(sizes_->known(dataset(kFirst), Form::kPlain), 2'880U);
}

TEST_F(AnnouncedSizesTest, WhoAsksMeanwhileWaitsForTheSameQuery) {
  put({row(kFirst, 2'880, "a.fits"), row(kSecond, 5'760, "b.fits")});
  archive_.hold(kQuery);
  std::promise<void> first;
  std::promise<void> second;
  (void)sizes_->ask({dataset(kFirst), dataset(kSecond)}, [&](const Result<bool>&) { first.set_value(); });
  ASSERT_TRUE(archive_.wait_held());
  (void)sizes_->ask({dataset(kSecond)}, [&](const Result<bool>&) { second.set_value(); });
  archive_.release();
  first.get_future().get();
  second.get_future().get();
  EXPECT_EQ(archive_.query_count(), 1);
}

TEST_F(AnnouncedSizesTest, NobodyWaitsForAQueryThatIsKnownToBeSlow) {
  put({row(kFirst, 2'880, "a.fits"), row(kSecond, 5'760, "b.fits")});
  archive_.hold(kQuery);
  std::promise<void> first;
  (void)sizes_->ask({dataset(kFirst), dataset(kSecond)}, [&](const Result<bool>&) { first.set_value(); });
  ASSERT_TRUE(archive_.wait_held());
  now_ += AnnouncedSizes::kPatience.count();
  EXPECT_TRUE(ask({dataset(kSecond)})) << "at once, with nothing known";
  EXPECT_EQ(sizes_->known(dataset(kSecond), Form::kPlain), std::nullopt);
  archive_.release();
  first.get_future().get();
  EXPECT_EQ(sizes_->known(dataset(kSecond), Form::kPlain), 5'760U);
}

TEST_F(AnnouncedSizesTest, CutoutsAndNamesThatAreNoIdsAreNotAskedFor) {
  auto cutout = dataset(kFirst);
  cutout.cutout = "circle_1_2_3";
  EXPECT_FALSE(sizes_->worth_asking(cutout));
  EXPECT_FALSE(sizes_->worth_asking(dataset("no id")));
  EXPECT_TRUE(ask({cutout}));
  EXPECT_EQ(archive_.query_count(), 0);
}

}  // namespace
}  // namespace esofs::cache
