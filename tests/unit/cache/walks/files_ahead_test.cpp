#include "cache/walks/files_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/fake_catalog.h"
#include "tests/support/fake_file_cache.h"
#include "tests/support/numbered_files.h"
#include "tests/support/still_catalog.h"

namespace esofs::cache {
namespace {

constexpr std::uint64_t kSize = 200'000;
constexpr std::uint64_t kFiles = 400;

// Each open takes a tenth of a second.
class FarFiles : public tests::FakeFileCache {
 public:
  explicit FarFiles(std::chrono::steady_clock::time_point& now) : now_(now) {}
  Cancel open(const client::Dataset& dataset, Form form, Done<std::shared_ptr<OpenFile>> done) override {
    now_ += std::chrono::milliseconds(100);
    return FakeFileCache::open(dataset, form, std::move(done));
  }

 private:
  std::chrono::steady_clock::time_point& now_;
};

class PreparingCatalog : public tests::StillCatalog {
 public:
  void prepare_sources(const std::vector<client::Dataset>& datasets, const Cause& /*cause*/) override {
    blocks.push_back(datasets.size());
    for (const auto& dataset : datasets) prepared.push_back(dataset.id);
  }
  std::vector<std::size_t> blocks;
  std::vector<std::string> prepared;
};

class FilesAheadTest : public ::testing::Test {
 protected:
  FilesAheadTest() {
    auto listing = std::make_shared<tests::FakeListing>();
    for (std::uint64_t i = 0; i < kFiles; ++i) {
      const std::string id = "A" + std::to_string(1000 + i);
      listing->add(id);
      files_.put(id, {kSize, "v1", ""});
    }
    listing_ = listing;
    begin();
  }
  ~FilesAheadTest() override { ahead_->end(); }

  void begin() {
    config_.now = [this] { return now_; };
    ahead_ = FilesAhead::create(config_, files_, catalog_);
  }

  // What a program does with a file: opens it, reads so much of its beginning, closes it.
  std::shared_ptr<FileVisit> open(std::uint64_t row, std::uint64_t bytes = 2880) {
    const auto dataset = listing_->listing_entries[row].dataset;
    auto visit = ahead_->opened(listing_, row, dataset, Form::kPlain, {});
    files_.open(dataset, Form::kPlain, [visit](const Result<std::shared_ptr<OpenFile>>& file) {
      if (visit && file) visit->answered((*file)->size());
    });
    if (!visit) return visit;
    visit->ask_ahead();
    for (std::uint64_t at = 0; at < bytes; at += 4096) visit->read(at, 4096);
    visit->moved();
    return visit;
  }
  void walk(std::uint64_t from, std::uint64_t to, std::uint64_t bytes = 2880) {
    for (std::uint64_t row = from; row < to; ++row) open(row, bytes);
  }
  std::uint64_t unused() const {
    const auto counters = ahead_->counters();
    return counters.asked - counters.used;
  }
  std::size_t files_touched() const {
    const auto opened = files_.opened();
    return std::set<std::string>(opened.begin(), opened.end()).size();
  }

  std::shared_ptr<tests::FakeListing> listing_;
  std::chrono::steady_clock::time_point now_{};
  FarFiles files_{now_};
  PreparingCatalog catalog_;
  FilesAhead::Config config_;
  std::shared_ptr<FilesAhead> ahead_;
};

TEST_F(FilesAheadTest, TheNextFilesOfAWalkAreAskedForAhead) {
  walk(0, 40);
  EXPECT_EQ(files_touched(), 50U) << "ten for forty";
  EXPECT_EQ(ahead_->counters().used, 36U) << "all after the first four";
  walk(40, 100);
  EXPECT_EQ(files_touched(), 116U) << "no more than sixteen";
  EXPECT_EQ(unused(), 16U);
}

TEST_F(FilesAheadTest, WhatIsNotUsedIsAtMostAQuarterOfWhatWasOpened) {
  for (std::uint64_t row = 0; row < 100; ++row) {
    open(row);
    EXPECT_LE(4 * unused(), ahead_->counters().opened) << row;
  }
}

TEST_F(FilesAheadTest, AtTheEndOfTheListingAllWasUsed) {
  walk(0, kFiles);
  EXPECT_EQ(unused(), 0U);
  EXPECT_EQ(files_touched(), kFiles);
}

TEST_F(FilesAheadTest, FilesInTheOrderOfInodeNumbersAreAskedFor) {
  config_.inode = [](const client::Dataset& dataset, Form) { return tests::number_of(dataset); };
  begin();
  std::vector<std::string> ids;
  for (const auto& entry : listing_->listing_entries) ids.push_back(entry.dataset.id);
  ids = tests::by_number(ids);
  for (std::size_t i = 0; i < 40; ++i) open(std::stoull(ids[i].substr(1)) - 1000);
  EXPECT_EQ(files_touched(), 50U) << "ten for forty";
  EXPECT_EQ(ahead_->counters().used, 36U) << "all after the first four";
}

TEST_F(FilesAheadTest, ARandomOrderAsksForNothing) {
  std::vector<std::uint64_t> rows(kFiles);
  std::iota(rows.begin(), rows.end(), 0U);
  std::shuffle(rows.begin(), rows.end(), std::mt19937(1));  // NOLINT(*-msc51-cpp): the same in every run
  for (std::size_t i = 0; i < 50; ++i) open(rows[i]);
  EXPECT_EQ(ahead_->counters().asked, 0U);
}

TEST_F(FilesAheadTest, OfFilesReadToTheirEndsAllIsAskedFor) {
  walk(0, 12, kSize);
  const auto asked = files_.asked_ahead();
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked.back(), "A1014 0 200000");
}

TEST_F(FilesAheadTest, OfFilesWhoseHeadersAreReadNoMoreIsAskedFor) {
  walk(0, 12);
  for (const auto& asked : files_.asked_ahead()) EXPECT_TRUE(asked.ends_with(" 0 65536")) << asked;
}

TEST_F(FilesAheadTest, WhatWasReadOfEveryFileIsAskedFor) {
  for (std::uint64_t row = 0; row < 12; ++row) open(row)->read(140'000, 100);
  const auto asked = files_.asked_ahead();
  EXPECT_NE(std::find(asked.begin(), asked.end(), "A1013 131072 65536"), asked.end());
}

TEST_F(FilesAheadTest, ABrokenOrderDropsWhatWasAskedFor) {
  walk(0, 20);
  EXPECT_EQ(files_.open_handles(), 5U);
  open(43);
  EXPECT_EQ(files_.open_handles(), 0U);
  EXPECT_EQ(ahead_->counters().dropped, 5U);
}

TEST_F(FilesAheadTest, FilesThatAreLeftOutAreDropped) {
  walk(0, 60);
  const auto dropped = ahead_->counters().dropped;
  for (std::uint64_t row = 61; row < 160; row += 2) open(row), open(row + 1);
  EXPECT_EQ(ahead_->counters().dropped, dropped + 1);
}

TEST_F(FilesAheadTest, LinksAreAskedForInBlocks) {
  walk(0, 200);
  const std::set<std::string> once(catalog_.prepared.begin(), catalog_.prepared.end());
  EXPECT_EQ(once.size(), catalog_.prepared.size()) << "each once";
  EXPECT_GT(once.size(), 190U);
  EXPECT_LT(once.size(), 200U + 16 + 24 + 1);
  EXPECT_LT(catalog_.blocks.size(), 30U);
}

TEST_F(FilesAheadTest, TwoProgramsAreTwoWalks) {
  for (std::uint64_t i = 0; i < 40; ++i) open(i), open(200 + i);
  EXPECT_GT(unused(), 4U);
  EXPECT_LE(unused(), 16U) << "together";
  EXPECT_GT(ahead_->counters().used, 60U);
}

TEST_F(FilesAheadTest, WalksThatGoOnAtOnceShareWhatIsAskedFor) {
  config_.most_files = 4;
  begin();
  walk(0, 100);
  for (std::uint64_t i = 0; i < 40; ++i) {
    open(100 + i);
    open(300 + i);
  }
  const auto ahead_of = [this](std::uint64_t from, std::uint64_t opened) {
    const auto touched = files_.opened();
    std::set<std::string> ahead;
    for (std::uint64_t i = from + opened; i < from + opened + 40 && i < kFiles; ++i) {
      const std::string id = "A" + std::to_string(1000 + i);
      if (std::find(touched.begin(), touched.end(), id) != touched.end()) ahead.insert(id);
    }
    return ahead.size();
  };
  EXPECT_EQ(ahead_of(100, 40), 2U);
  EXPECT_EQ(ahead_of(300, 40), 2U);
}

TEST_F(FilesAheadTest, AWalkThatRestsMakesWayForAnother) {
  walk(0, 100);
  EXPECT_EQ(unused(), 16U);
  now_ += std::chrono::seconds(3);
  walk(300, 304);
  EXPECT_EQ(ahead_->counters().dropped, 16U);
  walk(304, 340);
  EXPECT_GT(ahead_->counters().used, 84U + 30U);
}

TEST_F(FilesAheadTest, AFileThatIsOpenAheadIsJoined) {
  walk(0, 4);
  files_.hold_opens();
  walk(4, 8);  // these wait, and what is asked for ahead of them
  EXPECT_GT(files_.waiting_opens(), 4U);
  const auto used = ahead_->counters().used;
  files_.release_opens();
  EXPECT_GT(used, 0U);
}

TEST_F(FilesAheadTest, TheEndCancelsWhatIsUnderWay) {
  walk(0, 20);
  files_.hold_opens();
  walk(20, 24);
  EXPECT_GT(files_.waiting_opens(), 4U);
  ahead_->end();
  EXPECT_EQ(files_.waiting_opens(), 4U) << "those of the program";
  files_.release_opens();
  EXPECT_EQ(files_.open_handles(), 0U);
  EXPECT_EQ(open(24), nullptr);
}

TEST_F(FilesAheadTest, ASlowProgramGetsFewFilesAhead) {
  for (std::uint64_t row = 0; row < 100; ++row) {
    open(row);
    now_ += std::chrono::seconds(10);
  }
  EXPECT_LE(unused(), 3U);
}

TEST_F(FilesAheadTest, NothingIsAskedForIfNoneMayBe) {
  config_.most_files = 0;
  begin();
  walk(0, 40);
  EXPECT_EQ(files_touched(), 40U);
}

TEST_F(FilesAheadTest, LargeFilesAreAskedForWithinTheMostBytes) {
  config_.most_bytes = 5 * kSize;
  begin();
  walk(0, 100, kSize);
  EXPECT_LE(unused(), 5U);
}

}  // namespace
}  // namespace esofs::cache
