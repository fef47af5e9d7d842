// Cutouts: one request for all askers, kept whole or not at all, and stopped if nobody waits.
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>

#include "cache/answers/waiters.h"
#include "cache/catalog.h"
#include "cache/content/unfinished.h"
#include "tests/unit/cache/content/file_cache_fixture.h"

namespace esofs::cache {
namespace {

using tests::FakeArchive;

// Knows where a cutout is made: beside the file.
class CutoutCatalog : public tests::StillCatalog {
 public:
  Cancel source(const client::Dataset& dataset, Done<client::FileSource> done) override {
    if (dataset.cutout.empty()) return StillCatalog::source(dataset, std::move(done));
    done(client::FileSource{url(dataset), 4096, "", "", client::FetchKind::kMade});
    return {};
  }
  std::optional<client::FileSource> known_source(const client::Dataset& dataset) override {
    if (dataset.cutout.empty()) return StillCatalog::known_source(dataset);
    return client::FileSource{url(dataset), 4096, "", "", client::FetchKind::kMade};
  }
  static std::string url(const client::Dataset& dataset) {
    return "http://soda/" + dataset.id + "/" + dataset.cutout;
  }
};

class CutoutTest : public FileCacheFixture {
 protected:
  CutoutTest() {
    dataset_.cutout = "circle_1_2_3";
    restart();
  }
  void restart() {
    cache_.reset();
    auto cache = FileCache::create(config_, archive_, *store_, cutouts_, lane_);
    if (!cache) throw std::runtime_error(cache.error().what());
    cache_ = std::move(*cache);
  }
  std::string made() const { return CutoutCatalog::url(dataset_); }
  void put(std::uint64_t size, bool length = true, unsigned salt = 0) {
    archive_.put_file(made(), size,
                      {.ranges = false, .validator = "", .announce_length = length, .salt = salt});
  }

  CutoutCatalog cutouts_;
};

TEST_F(CutoutTest, AskedTwiceItIsOneRequestAlsoAfterARestartAndMuchLater) {
  put(3 * kMiB);
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 3 * kMiB));
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 3 * kMiB));
  now_ += 100 * 24 * 3600;
  restart();
  put(3 * kMiB, true, 1);  // the next one would be other bytes
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 3 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 1);
  EXPECT_EQ(archive_.fetches()[0].kind, client::FetchKind::kMade);
  EXPECT_FALSE(archive_.fetches()[0].range);
}

TEST_F(CutoutTest, ManyAskersAtOnceAreOneRequestWithAndWithoutALength) {
  for (const bool length : {true, false}) {
    dataset_.cutout = length ? "circle_1_2_4" : "circle_1_2_5";
    put(kMiB, length);
    archive_.hold(made());
    std::vector<Asked<File>> asked;
    for (int i = 0; i < 50; ++i) asked.push_back(ask_open());
    ASSERT_TRUE(archive_.wait_held());
    archive_.release();
    for (auto& one : asked) {
      auto file = one.get();
      ASSERT_TRUE(file) << file.error().what();
      EXPECT_EQ(all_of(*file), FakeArchive::bytes_at(0, kMiB));
    }
    EXPECT_EQ(archive_.fetch_count(made()), 1);
  }
}

// At each moment at which one asker looks at the clock, another one asks and is answered, if that is possible then.
TEST_F(CutoutTest, AnAskerWhoIsOvertakenMakesNoSecondRequest) {
  std::function<void()> on_clock;
  config_.now = [this, &on_clock, tester = std::this_thread::get_id()] {
    if (std::this_thread::get_id() == tester && on_clock) on_clock();
    return now_.load();
  };
  restart();
  bool reached = true;
  for (int moment = 1; reached; ++moment) {
    dataset_.cutout = "circle_1_2_" + std::to_string(moment);
    put(kMiB);
    reached = false;
    Asked<File> other;
    on_clock = [&, looks = 0]() mutable {
      if (++looks != moment) return;
      reached = true;
      other = ask_open();
      rest();
    };
    const File file = open();
    on_clock = nullptr;
    ASSERT_TRUE(file);
    EXPECT_EQ(archive_.fetch_count(made()), 1) << moment;
    if (!reached) continue;
    const auto others = other.get();
    ASSERT_TRUE(others) << others.error().what();
    EXPECT_EQ(all_of(*others), all_of(file)) << moment;
  }
  cache_.reset();
}

TEST_F(CutoutTest, TheSameDatasetByAnotherUrlOrWithoutItsDateIsTheSameCutout) {
  dataset_.modified = 1'500'000'000;
  put(kMiB);
  ASSERT_TRUE(open());
  dataset_.modified = 0;
  dataset_.access_url = "http://elsewhere/A";
  ASSERT_TRUE(open());
  EXPECT_EQ(archive_.fetch_count(), 1);
}

TEST_F(CutoutTest, AnotherVersionOfTheDatasetIsAnotherCutout) {
  dataset_.modified = 1'500'000'000;
  put(kMiB);
  ASSERT_TRUE(open());
  dataset_.modified = 1'600'000'000;
  ASSERT_TRUE(open());
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(CutoutTest, ACutoutOfAChangedFileIsMadeAgain) {
  client::Dataset parent = dataset_;
  parent.cutout.clear();
  const auto open_parent = [&] {
    std::swap(parent, dataset_);
    const auto file = open();
    std::swap(parent, dataset_);
    return file;
  };
  archive_.put_file(url_, kMiB, {.validator = "v1"});
  ASSERT_TRUE(open_parent());
  put(kMiB);
  const auto held = open();
  EXPECT_EQ(all_of(held).size(), kMiB);
  EXPECT_EQ(all_of(open()).size(), kMiB);
  EXPECT_EQ(archive_.fetch_count(made()), 1);
  archive_.put_file(url_, kMiB, {.validator = "v2"});
  now_ += 2 * 24 * 3600;  // the file is asked about again
  ASSERT_TRUE(open_parent());
  put(2 * kMiB);
  EXPECT_EQ(all_of(open()).size(), 2 * kMiB);
  EXPECT_EQ(archive_.fetch_count(made()), 2);
  EXPECT_EQ(read_error(held, 0, 100), ESTALE) << "the two are never mixed";
}

TEST_F(CutoutTest, ACutoutThatNobodyWaitsForIsStoppedAndLeavesNothing) {
  put(3 * kMiB, false);
  archive_.hold(made(), kMiB);  // in the middle of it, its length still unknown
  auto first = ask_open();
  auto second = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  first.cancel();
  EXPECT_EQ(first.get().error().code(), EINTR);
  EXPECT_FALSE(second.answered()) << "one still waits";
  second.cancel();
  EXPECT_EQ(second.get().error().code(), EINTR);
  rest();  // without a release: the transfer was stopped
  EXPECT_EQ(segments_on_disk(), 0U);
  EXPECT_FALSE(cache_->facts(dataset_, Form::kDelivered).exact);
  EXPECT_FALSE(cache_->facts(dataset_, Form::kDelivered).error) << "to leave is no failure";
  archive_.release();
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 3 * kMiB));
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(CutoutTest, AStoppedCutoutThatIsWantedAgainIsMade) {
  put(kMiB, false);
  for (int i = 0; i < 200; ++i) {
    dataset_.cutout = "circle_1_2_" + std::to_string(i + 10);
    put(kMiB, false);
    auto leaves = ask_open();
    std::jthread leaver([&] {
      if (leaves.cancel) leaves.cancel();  // it may have been answered already
    });
    auto stays = ask_open();
    auto file = stays.get();
    ASSERT_TRUE(file) << file.error().what();
    EXPECT_EQ((*file)->size(), kMiB);
  }
}

TEST_F(CutoutTest, ACutoutThatBreaksOffIsNeverMixedWithTheNext) {
  put(3 * kMiB);
  archive_.hold(made(), 2 * kMiB);
  archive_.fail_after(made(), 2 * kMiB + kChunk, Error(EIO, "cut"));
  auto file = open();
  ASSERT_TRUE(file);
  expect_bytes(file, 0, kMiB);  // a reader has bytes of this one
  put(3 * kMiB, true, 1);
  archive_.release();
  const int code = read_error(file, 2 * kMiB + 2 * kChunk, kChunk);
  EXPECT_TRUE(code == ESTALE || code == EIO) << code;
  file.reset();
  rest();
  now_ += 60;
  EXPECT_EQ(all_of(open()), FakeArchive::bytes_at(0, 3 * kMiB, 1));
}

TEST_F(CutoutTest, ARefusalIsReturnedAndRememberedForAMoment) {
  archive_.fail_next(FakeArchive::Op::kFetch, Error(ENODATA, "no pixel"), 1, made());
  put(kMiB);
  EXPECT_EQ(open_error(), ENODATA);
  EXPECT_EQ(open_error(), ENODATA);
  EXPECT_EQ(archive_.fetch_count(), 1);
  now_ += 60;
  EXPECT_TRUE(open());
}

TEST_F(CutoutTest, AnEvictedCutoutIsMadeAgain) {
  put(kMiB);
  ASSERT_TRUE(open());
  ASSERT_TRUE(cache_->evict(dataset_));
  rest();  // the open was answered at the first bytes: others may still have come
  EXPECT_EQ(segments_on_disk(), 0U);
  ASSERT_TRUE(open());
  EXPECT_EQ(archive_.fetch_count(), 2);
}

TEST_F(CutoutTest, OnlyNotesOfProcessesThatAreGoneAreSwept) {
  Unfinished unfinished(*store_);
  unfinished.begun("mine");
  unfinished.begun("whole");
  unfinished.ended("whole");
  ASSERT_TRUE(store_->put(Shelf::kFiles, "unfinished\nof init",
                          "\x01"
                          "1"));
  std::vector<std::string> removed;
  const auto sweep = [&] { unfinished.sweep([&](const std::string& key) { removed.push_back(key); }); };
  sweep();
  sweep();
  EXPECT_EQ(removed, std::vector<std::string>{"mine"});
}

TEST_F(CutoutTest, AnotherCacheOfTheProcessLeavesWhatIsUnderWay) {
  put(3 * kMiB, false);
  archive_.hold(made(), kMiB);
  auto asked = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  config_.sweep = false;
  const auto other = FileCache::create(config_, archive_, *store_, catalog_, lane_);
  ASSERT_TRUE(other);
  int notes = 0;
  EXPECT_TRUE(store_->scan(Shelf::kFiles, "unfinished\n", [&](std::string_view key, std::string_view) {
    notes += key.starts_with("unfinished\n") ? 1 : 0;
    return true;
  }));
  EXPECT_EQ(notes, 1);
  archive_.release();
  EXPECT_TRUE(asked.get());
}

TEST_F(CutoutTest, ATransferIsNotedUntilItHasEnded) {
  const auto notes = [this] {
    int count = 0;
    EXPECT_TRUE(store_->scan(Shelf::kFiles, "unfinished\n", [&](std::string_view key, std::string_view) {
      count += key.starts_with("unfinished\n") ? 1 : 0;
      return true;
    }));
    return count;
  };
  put(3 * kMiB, false);
  archive_.hold(made(), kMiB);
  auto asked = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  EXPECT_EQ(notes(), 1);
  archive_.release();
  ASSERT_TRUE(asked.get());
  rest();
  EXPECT_EQ(notes(), 0);
  dataset_.cutout = "circle_1_2_9";
  put(3 * kMiB, false);
  archive_.hold(made(), kMiB);
  auto given_up = ask_open();
  ASSERT_TRUE(archive_.wait_held());
  given_up.cancel();
  rest();
  EXPECT_EQ(notes(), 0);
}

TEST(WaitersTest, OnlyWorkThatNobodyWaitsForIsDropped) {
  Waiters<std::string, int> waiters;
  auto first = waiters.join("a", [](const Result<int>&) {});
  ASSERT_TRUE(first.first);
  EXPECT_FALSE(waiters.drop_unwanted("a"));
  first.cancel();
  EXPECT_TRUE(waiters.drop_unwanted("a"));
  EXPECT_FALSE(waiters.flying("a"));
}

// --- the catalog ---

class DescribedArchive : public FakeArchive {
 public:
  client::CutoutOffer cutout_offer(const client::Dataset&, const client::Links* links) const override {
    client::CutoutOffer offer;
    offer.any = links == nullptr || !links->rows.empty();
    return offer;
  }
  Result<client::FileSource> cutout_source(const client::Dataset& dataset,
                                           const client::Links* links) const override {
    if (links != nullptr && links->rows.empty()) return Error(ENOTSUP, "none");
    client::FileSource source;
    source.url = (links == nullptr ? "http://profile/" : links->rows[0].access_url) + "?" + dataset.cutout;
    return source;
  }
};

class CutoutCatalogTest : public ::testing::Test {
 protected:
  CutoutCatalogTest() {
    store_ = std::move(*MetadataStore::open({dir_ / "metadata", 64ULL << 20U}));
    Catalog::Config config;
    config.results_dir = dir_ / "results";
    config.now = [] { return std::int64_t{1'000'000}; };
    catalog_ = std::move(*Catalog::create(config, archive_, *store_, lane_));
    dataset_ = archive_.dataset("ADP.2018-06-21T20:32:57.736");
    dataset_.cutout = "circle_1_2_3";
  }
  ~CutoutCatalogTest() override { archive_.release(); }
  Result<client::FileSource> source(const client::Dataset& dataset) {
    std::promise<Result<client::FileSource>> promise;
    auto future = promise.get_future();
    catalog_->source(dataset,
                     [&](Result<client::FileSource> source) { promise.set_value(std::move(source)); });
    return future.get();
  }

  tests::TempDir dir_;
  DescribedArchive archive_;
  std::unique_ptr<MetadataStore> store_;
  Lane lane_{"query", 2};
  std::unique_ptr<Catalog> catalog_;
  client::Dataset dataset_;
};

TEST_F(CutoutCatalogTest, TheRequestIsMadeFromTheLinksWhichAreAskedForOnce) {
  archive_.put_links(dataset_.access_url, FakeArchive::links_to("http://soda", 3'000));
  EXPECT_FALSE(catalog_->known_source(dataset_));
  EXPECT_FALSE(catalog_->known_cutout_offer(dataset_));
  EXPECT_EQ(source(dataset_)->url, "http://soda?circle_1_2_3");
  EXPECT_EQ(catalog_->known_source(dataset_)->url, "http://soda?circle_1_2_3");
  EXPECT_TRUE(catalog_->known_cutout_offer(dataset_)->any);
  dataset_.cutout = "circle_1_2_4";
  EXPECT_EQ(source(dataset_)->url, "http://soda?circle_1_2_4");
  EXPECT_EQ(archive_.link_count(), 1);
}

TEST_F(CutoutCatalogTest, WhereTheLinksCannotBeHadTheirFailureIsTheAnswer) {
  archive_.fail_next(FakeArchive::Op::kLinks, Error(EHOSTUNREACH, "down"), -1);
  EXPECT_EQ(source(dataset_).error().code(), EHOSTUNREACH);
}

TEST_F(CutoutCatalogTest, AFileWithoutDataLinkIsLeftToTheProfile) {
  client::Dataset file;
  file.id = "elsewhere";
  file.access_url = "http://archive/file/B";
  file.access = client::AccessKind::kFile;
  file.cutout = "circle_1_2_3";
  const auto found = source(file);
  ASSERT_TRUE(found) << found.error().what();
  EXPECT_EQ(found->url, "http://profile/?circle_1_2_3");
}

TEST_F(CutoutCatalogTest, AVisitCanBeForgotten) {
  catalog_->visited("cutouts", "circle_1_2_3");
  catalog_->visited("cutouts", "circle_1_2_4");
  catalog_->forget_visit("cutouts", "circle_1_2_3");
  catalog_->forget_visit("cutouts", "never");
  EXPECT_EQ(catalog_->visits("cutouts", 10), std::vector<std::string>{"circle_1_2_4"});
}

}  // namespace
}  // namespace esofs::cache
