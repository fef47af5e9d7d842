// What the tests of the catalog share: a catalog on a store in a directory of its own, asking a FakeArchive.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "cache/catalog.h"
#include "cache/store/metadata_store.h"
#include "client/base/lane.h"
#include "tests/support/fake_archive.h"
#include "tests/support/patience.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {

using tests::kPatience;

// A store whose batches can be made to fail, and that counts what is written.
class FaultStore final : public MetadataStore {
 public:
  explicit FaultStore(MetadataStore& store) : store_(store) {}

  std::atomic<int> good_commits = 1 << 30;  // after so many commits every write fails
  std::atomic<bool> good_puts = true;       // of single records
  std::atomic<bool> good_erases = true;
  std::atomic<std::size_t> largest_batch = 0;

  Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) override {
    return store_.get(shelf, key);
  }
  Result<void> put(Shelf shelf, std::string_view key, std::string_view value) override {
    if (!good_puts) return full();
    return store_.put(shelf, key, value);
  }
  Result<void> erase(Shelf shelf, std::string_view key) override {
    if (!good_erases) return full();
    return store_.erase(shelf, key);
  }
  Result<void> put_all(const std::vector<Record>& records) override {
    if (good_commits-- <= 0) return full();
    largest_batch = std::max<std::size_t>(largest_batch, records.size());
    return store_.put_all(records);
  }
  Result<void> scan(Shelf shelf, std::string_view from, const Visit& visit) override {
    return store_.scan(shelf, from, visit);
  }
  Result<std::vector<std::uint64_t>> number(Shelf shelf, const std::vector<std::string>& keys,
                                            std::uint64_t first) override {
    if (!good_puts) return full();
    return store_.number(shelf, keys, first);
  }
  Result<std::unique_ptr<Batch>> batch() override {
    auto inner = store_.batch();
    if (!inner) return inner.error();
    return std::unique_ptr<Batch>(std::make_unique<FaultBatch>(*this, std::move(*inner)));
  }
  bool shared() const override { return store_.shared(); }

 private:
  static Error full() { return {ENOSPC, "disk full"}; }

  class FaultBatch final : public Batch {
   public:
    FaultBatch(FaultStore& store, std::unique_ptr<Batch> inner) : store_(store), inner_(std::move(inner)) {}
    Result<void> put(Shelf shelf, std::string_view key, std::string_view value) override {
      ++size_;
      return inner_->put(shelf, key, value);
    }
    Result<void> erase(Shelf shelf, std::string_view key) override { return inner_->erase(shelf, key); }
    Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) override {
      return inner_->get(shelf, key);
    }
    Result<void> commit() override {
      if (store_.good_commits-- <= 0) return full();
      store_.largest_batch = std::max<std::size_t>(store_.largest_batch, size_);
      return inner_->commit();
    }

   private:
    FaultStore& store_;
    std::unique_ptr<Batch> inner_;
    std::size_t size_ = 0;
  };

  MetadataStore& store_;
};

class CatalogFixture : public ::testing::Test {
 protected:
  using Answer = Result<std::shared_ptr<const Listing>>;

  CatalogFixture() { open(); }
  ~CatalogFixture() override { close(); }

  void open() {
    auto store = MetadataStore::open({dir_.path(), 1ULL << 32U});
    ASSERT_TRUE(store) << store.error().what();
    disk_ = std::move(*store);
    store_ = std::make_unique<FaultStore>(*disk_);
    lane_ = std::make_unique<Lane>("query", 1);
    catalog_ = make_catalog(*store_, *lane_);
  }
  void close() {
    archive_.release();
    catalog_.reset();
    lane_.reset();
    store_.reset();
    disk_.reset();
  }
  void restart() {
    close();
    open();
  }

  std::unique_ptr<Catalog> make_catalog(MetadataStore& store, Lane& lane) {
    Catalog::Config config;
    config.results_dir = results_dir_;
    config.now = [this] { return now_.load(); };
    auto catalog = Catalog::create(config, archive_, store, lane);
    EXPECT_TRUE(catalog);
    return std::move(*catalog);
  }

  // Waits until all jobs have run, also those that jobs have submitted. REQUIRES: nothing is held. A job that waited
  // in a hold does not count against the lane's width, so that a job submitted behind it says nothing of its end.
  void settle() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (auto load = lane_->load(); load.queued > 0 || load.running > 0; load = lane_->load()) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "the lane does not come to rest";
      std::this_thread::yield();
    }
  }

  static QuerySpec query(const std::string& adql) {
    QuerySpec spec;
    spec.adql = adql;
    return spec;
  }

  // The id of row i, and a table of so many of them.
  static std::string id(std::uint64_t i) {
    std::string digits = std::to_string(i % 1'000'000'000);
    digits.insert(0, 9 - digits.size(), '0');
    return "ADP.2020-01-01T" + digits.substr(0, 2) + ":" + digits.substr(2, 2) + ":" + digits.substr(4, 2) +
           "." + digits.substr(6);
  }
  static client::Row row_of(const std::string& dp_id) {
    return {{dp_id},
            {"http://archive/links?ID=" + dp_id},
            {std::string("application/x-votable+xml;content=datalink")}};
  }
  void put_table(const std::string& adql, std::uint64_t rows, const std::string& document = "<VOTABLE/>") {
    tests::FakeArchive::TableOptions options;
    options.document = document;
    archive_.put_table(
        adql, columns(), rows, [](std::uint64_t i) { return row_of(id(i)); }, options);
  }
  void put_ids(const std::string& adql, const std::vector<std::string>& ids) {
    std::vector<client::Row> rows;
    for (const auto& dp_id : ids) rows.push_back(row_of(dp_id));
    archive_.put_table(adql, columns(), rows);
  }
  static std::vector<client::Column> columns() {
    return tests::FakeArchive::named({"dp_id", "access_url", "access_format"});
  }

  template <class T>
  struct Asked {
    std::future<Result<T>> answer;
    Cancel cancel;
  };
  Asked<std::shared_ptr<const Listing>> ask(const QuerySpec& spec) {
    auto promise = std::make_shared<std::promise<Answer>>();
    auto future = promise->get_future();
    auto cancel =
        catalog_->listing(spec, [promise](Answer answer) { promise->set_value(std::move(answer)); });
    return {std::move(future), std::move(cancel)};
  }
  template <class T>
  static Result<T> wait(std::future<Result<T>>& future) {
    if (future.wait_for(kPatience) != std::future_status::ready) return Error(ETIME, "it was never answered");
    return future.get();
  }
  Answer listing(const QuerySpec& spec) {
    auto asked = ask(spec);
    return wait(asked.answer);
  }
  Answer listing(const std::string& adql) { return listing(query(adql)); }

  static std::vector<std::string> names(const Listing& listing, std::uint64_t from = 0) {
    std::vector<std::string> found;
    auto visited = listing.entries(from, [&found](const Listing::Entry& entry) {
      found.push_back(entry.name);
      return true;
    });
    EXPECT_TRUE(visited) << visited.error().what();
    return found;
  }
  std::size_t records(Shelf shelf) {
    std::size_t count = 0;
    EXPECT_TRUE(disk_->scan(shelf, "", [&count](auto, auto) {
      ++count;
      return true;
    }));
    return count;
  }

  // Runs `work` in a process of its own, on the same directory; the store of this process is closed meanwhile. What it
  // returns, or the signal that has ended it, negative.
  int in_child(const std::function<int(Catalog&, Lane&)>& work) {
    close();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(on_own_store(work));
    int status = 0;
    ::waitpid(child, &status, 0);
    open();
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  // All threads have ended when it returns: for TSan one that has not been joined is a leak.
  int on_own_store(const std::function<int(Catalog&, Lane&)>& work) {
    auto store = MetadataStore::open({dir_.path(), 1ULL << 32U});
    if (!store) return 100;
    Lane lane("query", 1);
    auto catalog = make_catalog(**store, lane);
    return work(*catalog, lane);
  }

  tests::TempDir dir_;
  std::filesystem::path results_dir_ = dir_ / "results";
  std::atomic<std::int64_t> now_ = 1'700'000'000;
  tests::FakeArchive archive_;
  std::unique_ptr<MetadataStore> disk_;
  std::unique_ptr<FaultStore> store_;
  std::unique_ptr<Lane> lane_;
  std::unique_ptr<Catalog> catalog_;
};

}  // namespace esofs::cache
