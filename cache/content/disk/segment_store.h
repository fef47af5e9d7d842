// SegmentStore: content on disk, in segments (cache/content/disk/segment_file.h) under <directory>/segments/<2 hex>/, below a quota.
//
//   shapes   a segment's name is the hash of its content key and its index; there is no other index, so the
//            store is usable at once. A thread gathers sizes and times of existing segments at the start, and again after each
//            sixteenth of the quota that was put, because other processes use the directory too
//   errors   none. A disk that fails or is full is logged once and skipped: get() misses, put() keeps nothing, and after
//            a while it is tried again
//   threads  thread-safe; blocks on the local disk only. Several processes may share a directory
//   source   cache/README.md, "Content on disk"
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "cache/content/disk/chunk.h"
#include "cache/content/disk/content_key.h"
#include "cache/content/disk/eviction.h"
#include "cache/content/disk/segment_file.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class SegmentStore {
 public:
  static constexpr std::uint64_t kRoom = 8ULL << 20U;  // bytes put between two looks at the free space

  struct Config {
    std::filesystem::path directory;
    std::uint64_t max_bytes;      // quota, segment heads included
    std::uint64_t reserve_bytes;  // left free on the disk, with kRoom
    bool scan_in_background =
        true;  // a thread of the store finds segments of other processes; else only scan() does
  };

  explicit SegmentStore(Config config);
  ~SegmentStore();
  SegmentStore(const SegmentStore&) = delete;
  SegmentStore& operator=(const SegmentStore&) = delete;

  // The chunk, verified; null if it is not here.
  Chunk get(const ContentKey& key, std::uint64_t index);
  // Chunks [first, first + chunks.size()); all but the last are of kChunkBytes. Returns whether they are kept.
  bool put(const ContentKey& key, std::uint64_t first, std::span<const ChunkBytes> chunks);
  bool put(const ContentKey& key, std::uint64_t index, ChunkBytes bytes);
  // Which of the chunks [first, first + count) are here, unverified.
  std::vector<bool> present(const ContentKey& key, std::uint64_t first, std::uint64_t count);
  // True if all chunks of a content are here, unverified.
  bool complete(const ContentKey& key, std::uint64_t size);
  // Bytes here of a content of `size` bytes, as far as its segments are known. Never waits for the disk.
  std::uint64_t cached_bytes(const ContentKey& key, std::uint64_t size);
  // Removes all segments of a content.
  void forget(const ContentKey& key);

  // While it is held, this process evicts nothing of the content.
  std::shared_ptr<void> pin(const ContentKey& key);

  // False while the disk is skipped.
  bool usable() const;
  // Of the segments known so far. Never waits for the disk.
  std::uint64_t bytes() const noexcept { return bytes_; }

  // By this process, since it began.
  Evicted evicted() const { return *evicted_.lock(); }

  // Learns what is on the disk, removes leftovers of killed writers, then evicts if need be.
  void scan(const std::stop_token& stop = {});

 private:
  struct OpenSegment {
    std::string name;
    std::shared_ptr<SegmentFile> file;
    std::int64_t marked_at;  // when its time of use was last written to the disk, ns
  };
  struct OpenSegments {
    std::list<OpenSegment> by_use;  // latest first
    std::unordered_map<std::string, std::list<OpenSegment>::iterator> by_name;
  };
  struct Disk {
    std::int64_t off_until = 0;   // skipped until then, ns
    bool told = false;            // the log has it
    std::uint64_t unchecked = 0;  // bytes put since free space was checked
    bool looked = false;
  };
  using Pins = std::map<std::string, int>;  // hash → holders

  std::filesystem::path path_of(const std::string& name) const;
  std::shared_ptr<SegmentFile> find(const ContentKey& key, std::uint64_t segment);
  std::shared_ptr<SegmentFile> find_or_make(const ContentKey& key, std::uint64_t segment);
  void remember_open(const std::string& name, const std::shared_ptr<SegmentFile>& file);
  void close(const std::string& name);
  bool close_all();  // false: none was open
  void used(const std::string& name, std::uint64_t more_bytes);
  void remove(const std::vector<std::string>& names);
  bool has_room(std::uint64_t more_bytes);
  std::uint64_t evict(std::uint64_t bytes, Evicted::Count Evicted::*why);
  void keep_quota();
  void failed(const Error& error);
  void remove_leftovers() const;
  void scan_for_ever(const std::stop_token& stop);
  void count_put(std::uint64_t bytes);
  void scan_folder(const std::filesystem::path& folder, std::vector<std::string>& found);

  const Config config_;
  mutable Guarded<Disk> disk_;
  Guarded<OpenSegments> open_;
  Guarded<Eviction> eviction_;
  mutable Guarded<Evicted> evicted_;
  std::shared_ptr<Guarded<Pins>> pins_ = std::make_shared<Guarded<Pins>>();
  std::atomic<std::uint64_t> bytes_ = 0;
  std::mutex scan_mutex_;
  std::condition_variable_any scan_wanted_;
  std::uint64_t put_since_scan_ = 0;  // bytes; guarded by scan_mutex_
  std::jthread scanner_;              // last, so that it ends before what it uses
};

}  // namespace esofs::cache
