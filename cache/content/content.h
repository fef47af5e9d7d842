// Content: the bytes of one version of one file, however they are fetched, and what all contents of a cache share.
//
//   errors   those of client::Archive; ESTALE from the moment on that the archive is known to hold another version
//   threads  thread-safe; read() never waits for the network on the caller's thread (client/base/ask.h)
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>

#include "cache/content/ahead/ahead_counts.h"
#include "cache/content/disk/chunk.h"
#include "cache/content/disk/chunk_memory.h"
#include "cache/content/disk/content_key.h"
#include "cache/content/disk/segment_store.h"
#include "cache/content/open_file.h"
#include "client/archive.h"
#include "client/base/ask.h"
#include "client/base/lane.h"

namespace esofs::cache {

// Bounds the life of the jobs of a cache: what they use lives until all jobs that entered have left. Thread-safe.
class Gate {
 public:
  // False: the cache ends; the job must end without using it.
  [[nodiscard]] bool enter();
  void leave();
  // Stops the jobs inside, lets no more in, and waits until all have left.
  void close();
  std::stop_token stop() const { return stop_.get_token(); }

 private:
  std::mutex mutex_;
  std::condition_variable empty_;
  int inside_ = 0;       // guarded by mutex_
  bool closed_ = false;  // guarded by mutex_
  std::stop_source stop_;
};

// Enters a Gate for as long as it lives.
class Inside {
 public:
  explicit Inside(Gate& gate) : gate_(gate), entered_(gate.enter()) {}
  ~Inside() {
    if (entered_) gate_.leave();
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  explicit operator bool() const noexcept { return entered_; }

 private:
  Gate& gate_;
  const bool entered_;
};

struct ContentCounters {
  std::atomic<std::uint64_t> hits = 0;    // chunks
  std::atomic<std::uint64_t> misses = 0;  // chunks
  std::atomic<std::uint64_t> fetched_bytes = 0;
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> resumed = 0;  // answers that broke off and were taken up, or asked for again
  AheadCounts ahead;
};

// What all contents of a cache share. The archive and the lane outlive the cache; the rest lives as long as this.
struct ContentParts {
  ContentParts(client::Archive& the_archive, Lane& the_lane, SegmentStore::Config disk,
               std::uint64_t memory_bytes)
      : archive(the_archive), transfers(the_lane), segments(std::move(disk)), memory(memory_bytes) {}

  client::Archive& archive;
  Lane& transfers;
  SegmentStore segments;
  ChunkMemory memory;
  ContentCounters counters;
  Gate gate;
  std::atomic<std::uint64_t> ahead_bytes = 0;  // requested ahead of readers and not here yet
  std::uint64_t read_ahead_bytes = 128ULL << 20U;
  std::chrono::seconds failure_memory{5};
  std::chrono::milliseconds retry_pause{250};  // before a broken transfer continues
  std::function<std::int64_t()> now;           // seconds since 1970

  // How far ahead of its readers a file may be requested, and all files together. Chunks that do not fit into memory until
  // they are read are read from the disk.
  std::uint64_t most_ahead() const {
    return segments.usable() ? read_ahead_bytes : std::min(read_ahead_bytes, most_ahead_in_memory());
  }
  // How far ahead of a reader chunks may come if only memory keeps them. Chunks that were just read count as used lately and
  // push out those still to be read, so half of the memory would be too much.
  std::uint64_t most_ahead_in_memory() const noexcept { return memory.most_bytes() / 4; }

  // A verified chunk of `key` from memory or disk, with the size that it must have; else null.
  Chunk here(const ContentKey& key, std::uint64_t index, std::size_t size);
  // Keeps a chunk in memory and on disk. False: in memory only.
  bool keep(const ContentKey& key, std::uint64_t index, const Chunk& chunk);
  void forget(const ContentKey& key);
};

class Content : public OpenFile {
 public:
  virtual const ContentKey& key() const noexcept = 0;

  const std::string& version() const noexcept override { return key().text(); }
  bool restricted() const noexcept override { return !key().login().nobody(); }
  std::string shared_version(const std::string& archive) const override { return key().shared_text(archive); }

  // With the last handle, transfers that nobody waits for are stopped. False, without a handle: the content was given up
  // meanwhile, and the file is to be opened once more.
  virtual bool add_handle() = 0;
  virtual void drop_handle() = 0;
  virtual bool in_use() = 0;  // there are handles

  // The archive holds another version: all reads from now on fail with `error`.
  virtual void expire(const Error& error) = 0;
  virtual bool expired() = 0;
};

using ContentPtr = std::shared_ptr<Content>;

// The content with a handle, which ends with the last copy; null if add_handle() refuses.
std::shared_ptr<OpenFile> handle_of(const ContentPtr& content);

// The kind of a lane's job that asks `server`. later: nobody waits for its answer yet, and it takes turns with what somebody waits
// for; so it is if the cause is one ahead of a program.
std::string job_kind(const std::string& server, bool later);
std::string job_kind(const std::string& server, const Cause& cause);

// The error of jobs that are stopped because the file system ends.
Error ending_error();

// One transfer within a job: ends when its own source, the lane or the cache is stopped.
class StoppableTurn {
 public:
  StoppableTurn(Lane::Turn& turn, const std::stop_source& own, const std::stop_token& cache);

 private:
  struct Request {
    std::stop_source source;
    void operator()() { source.request_stop(); }
  };
  std::stop_callback<Request> with_lane_;
  std::stop_callback<Request> with_cache_;
};

}  // namespace esofs::cache
