// FileCacheFixture: a FileCache over a FakeArchive, with the verbs that its tests are written in.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "cache/content/file_cache.h"
#include "tests/support/fake_archive.h"
#include "tests/support/patience.h"
#include "tests/support/still_catalog.h"
#include "tests/support/temp_dir.h"

namespace esofs::cache {

class FileCacheFixture : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kMiB = 1ULL << 20U;
  static constexpr std::uint64_t kChunk = 64ULL << 10U;
  static constexpr std::uint64_t kGiant = 300'000'000'000;

  FileCacheFixture() {
    config_.directory = dir_ / "cache";
    config_.reserve_bytes = 0;
    config_.memory_bytes = 16 * kMiB;
    config_.now = [this] { return now_.load(); };
    auto store = MetadataStore::open({dir_ / "metadata", 64 * kMiB});
    if (!store) throw std::runtime_error(store.error().what());
    store_ = std::move(*store);
    dataset_.id = "ADP.2018-06-21T20:32:57.736";
    dataset_.access_url = url_;
    dataset_.access = client::AccessKind::kFile;
    restart();
  }
  ~FileCacheFixture() override { archive_.release(); }

  // A new cache on the same directory, as after a restart.
  void restart() {
    cache_.reset();
    auto cache = FileCache::create(config_, archive_, *store_, catalog_, lane_);
    if (!cache) throw std::runtime_error(cache.error().what());
    cache_ = std::move(*cache);
  }

  template <class T>
  struct Asked {
    std::future<Result<T>> answer;
    Cancel cancel;

    bool answered() { return answer.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
    Result<T> get() {
      if (answer.wait_for(tests::kPatience) != std::future_status::ready) return Error(ETIME, "no answer");
      return answer.get();
    }
  };
  using File = std::shared_ptr<OpenFile>;

  Asked<File> ask_open(Form form = Form::kDelivered) {
    auto promise = std::make_shared<std::promise<Result<File>>>();
    auto cancel =
        cache_->open(dataset_, form, [promise](Result<File> r) { promise->set_value(std::move(r)); });
    return {promise->get_future(), std::move(cancel)};
  }
  static Asked<Bytes> ask_read(const File& file, std::uint64_t offset, std::size_t size) {
    auto promise = std::make_shared<std::promise<Result<Bytes>>>();
    auto cancel = file->read(offset, size, [promise](Result<Bytes> r) { promise->set_value(std::move(r)); });
    return {promise->get_future(), std::move(cancel)};
  }
  File open(Form form = Form::kDelivered) {
    auto file = ask_open(form).get();
    EXPECT_TRUE(file) << file.error().what();
    return file ? *file : nullptr;
  }
  int open_error(Form form = Form::kDelivered) {
    auto file = ask_open(form).get();
    return file ? 0 : file.error().code();
  }
  static int read_error(const File& file, std::uint64_t offset, std::size_t size) {
    auto bytes = ask_read(file, offset, size).get();
    return bytes ? 0 : bytes.error().code();
  }
  static void expect_bytes(const File& file, std::uint64_t offset, std::size_t size, unsigned salt = 0) {
    auto bytes = ask_read(file, offset, size).get();
    ASSERT_TRUE(bytes) << bytes.error().what();
    EXPECT_EQ(*bytes, tests::FakeArchive::bytes_at(offset, size, salt)) << "at " << offset;
  }
  static Bytes all_of(const File& file) {
    auto bytes = ask_read(file, 0, static_cast<std::size_t>(file->size())).get();
    EXPECT_TRUE(bytes) << bytes.error().what();
    return bytes ? *bytes : Bytes();
  }

  void announce(std::uint64_t length) {
    catalog_.put_source(dataset_.id, {url_, length, "application/fits", ""});
  }
  std::size_t segments_on_disk() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(config_.directory)) {
      count += entry.is_regular_file() ? 1U : 0U;
    }
    return count;
  }
  // What was stopped has left the lane.
  void rest() {
    while (lane_.load().running > 0 || lane_.load().queued > 0) std::this_thread::yield();
  }

  tests::TempDir dir_;
  const std::string url_ = "http://archive/file/A";
  tests::FakeArchive archive_;
  tests::StillCatalog catalog_;
  std::unique_ptr<MetadataStore> store_;
  client::Dataset dataset_;
  std::atomic<std::int64_t> now_ = 1'000'000;
  FileCache::Config config_;
  Lane lane_{"transfers", 4, 16};
  std::unique_ptr<FileCache> cache_;
};

}  // namespace esofs::cache
