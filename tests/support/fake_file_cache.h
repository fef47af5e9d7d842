// FakeFileCache: files in memory; the size of each is an estimate until it has been opened. It holds, fails and counts.
//
//   threads  thread-safe
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cache/content/file_cache.h"
#include "tests/support/held_asks.h"

namespace esofs::tests {

class FakeFileCache : public cache::FileCache {
 public:
  static constexpr std::uint64_t kUnknownSize = 256ULL << 20U;

  struct File {
    std::uint64_t size = 200'000;
    std::string version = "v1";
    std::string delivered_name;
  };

  // Byte i of any file is i % 251, so that shifted bytes are wrong bytes; a version adds its last letter.
  static std::byte byte_at(std::uint64_t i, const std::string& version = "v1") {
    const auto shift = version.empty() ? 0U : static_cast<unsigned>(version.back() - '1');
    return static_cast<std::byte>((i + shift) % 251);
  }

  // A cutout has the id "<dataset>/<canonical spec>".
  static std::string key(const client::Dataset& dataset) {
    return dataset.cutout.empty() ? dataset.id : dataset.id + "/" + dataset.cutout;
  }
  std::vector<std::string> evicted() const {
    const std::scoped_lock lock(mutex_);
    return evicted_;
  }

  void put(const std::string& id, File file) {
    const std::scoped_lock lock(mutex_);
    files_.insert_or_assign(id, std::move(file));
  }
  void fail_open(const std::string& id, Error error) {
    const std::scoped_lock lock(mutex_);
    failures_.insert_or_assign(id, std::move(error));
  }
  // The ids of files that were opened, in order; a file is here until its handles are dropped.
  std::vector<std::string> opened() const {
    const std::scoped_lock lock(mutex_);
    return opened_;
  }
  std::size_t open_handles() const { return static_cast<std::size_t>(ahead_.use_count()) - 1; }
  // "id offset size" of what was asked for ahead.
  std::vector<std::string> asked_ahead() const {
    const std::scoped_lock lock(ahead_->mutex);
    return ahead_->ranges;
  }
  void hold_opens() { opens_.hold(); }
  // From now on a cancel does not end a held open, as in a broken cache.
  void hold_opens_against_cancels() {
    opens_.ignore_cancels();
    opens_.hold();
  }
  void release_opens() { opens_.release(); }
  void hold_reads() { reads_->hold(); }
  void release_reads() { reads_->release(); }
  // For whom it was opened last, and read.
  Cause last_open_cause() const { return opens_.last_cause(); }
  Cause last_read_cause() const { return reads_->last_cause(); }
  std::size_t waiting_reads() const { return reads_->waiting(); }
  std::size_t waiting_opens() const { return opens_.waiting(); }
  int open_count() const {
    const std::scoped_lock lock(mutex_);
    return open_count_;
  }

  Cancel open(const client::Dataset& dataset, cache::Form,
              Done<std::shared_ptr<cache::OpenFile>> done) override {
    return opens_.ask<std::shared_ptr<cache::OpenFile>>(
        [this, id = key(dataset)]() -> Result<std::shared_ptr<cache::OpenFile>> {
          const std::scoped_lock lock(mutex_);
          ++open_count_;
          opened_.push_back(id);
          if (auto failure = failures_.find(id); failure != failures_.end()) return failure->second;
          auto file = files_.find(id);
          if (file == files_.end()) return Error(ENOENT, "HTTP 404 for " + id);
          exact_.insert(id);
          return std::shared_ptr<cache::OpenFile>(std::make_shared<Open>(id, file->second, reads_, ahead_));
        },
        std::move(done));
  }
  cache::FileFacts facts(const client::Dataset& dataset, cache::Form) override {
    const std::scoped_lock lock(mutex_);
    cache::FileFacts facts;
    facts.size = dataset.estimate_bytes > 0 ? dataset.estimate_bytes : kUnknownSize;
    auto file = files_.find(key(dataset));
    if (file == files_.end()) return facts;
    facts.url = "http://archive/" + dataset.id;
    facts.exact = exact_.contains(key(dataset));
    if (!facts.exact) return facts;
    facts.size = file->second.size;
    facts.version = file->second.version;
    facts.delivered_name = file->second.delivered_name;
    return facts;
  }
  Result<void> evict(const client::Dataset& dataset) override {
    const std::scoped_lock lock(mutex_);
    exact_.erase(key(dataset));
    evicted_.push_back(key(dataset));
    return {};
  }
  Usage usage() const override { return {4096, 1 << 20, 1, 2, 3, 4}; }

 private:
  struct Ahead {
    std::mutex mutex;
    std::vector<std::string> ranges;  // guarded by mutex
  };
  class Open : public cache::OpenFile {
   public:
    Open(std::string id, File file, std::shared_ptr<HeldAsks> reads, std::shared_ptr<Ahead> ahead)
        : id_(std::move(id)), file_(std::move(file)), reads_(std::move(reads)), ahead_(std::move(ahead)) {}
    void ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& /*cause*/) override {
      const std::scoped_lock lock(ahead_->mutex);
      ahead_->ranges.push_back(id_ + " " + std::to_string(offset) + " " + std::to_string(size));
    }
    std::uint64_t size() const noexcept override { return file_.size; }
    const std::string& version() const noexcept override { return file_.version; }
    // As of versions that begin with a line for the archive.
    std::string shared_version(const std::string& archive) const override {
      const auto line_end = file_.version.find('\n');
      return line_end == std::string::npos ? file_.version : archive + file_.version.substr(line_end);
    }
    Cancel read(std::uint64_t offset, std::size_t size, Done<cache::Bytes> done) override {
      return reads_->ask<cache::Bytes>(
          [file = file_, offset, size]() -> Result<cache::Bytes> {
            cache::Bytes bytes;
            for (std::uint64_t i = offset; i < std::min<std::uint64_t>(offset + size, file.size); ++i)
              bytes.push_back(byte_at(i, file.version));
            return bytes;
          },
          std::move(done));
    }

   private:
    const std::string id_;
    const File file_;
    const std::shared_ptr<HeldAsks> reads_;
    const std::shared_ptr<Ahead> ahead_;
  };

  mutable std::mutex mutex_;
  HeldAsks opens_;
  std::shared_ptr<HeldAsks> reads_ = std::make_shared<HeldAsks>();
  std::map<std::string, File> files_;
  std::map<std::string, Error> failures_;
  std::set<std::string> exact_;
  std::vector<std::string> evicted_;
  std::vector<std::string> opened_;
  int open_count_ = 0;
  std::shared_ptr<Ahead> ahead_ = std::make_shared<Ahead>();
};

}  // namespace esofs::tests
