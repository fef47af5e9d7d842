// Eviction: which segments go first when the cache is too large. Least recently used first; no files are touched here.
//
//   units    bytes on disk; times in nanoseconds since 1970 UTC
//   threads  not thread-safe
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace esofs::cache {

// What was evicted, and why.
struct Evicted {
  struct Count {
    std::uint64_t segments = 0;
    std::uint64_t bytes = 0;
    Count& operator+=(const Count& more) {
      segments += more.segments;
      bytes += more.bytes;
      return *this;
    }
  };
  Count for_quota;  // the cache was larger than it may be
  Count for_room;   // the disk had too little free space
};

class Eviction {
 public:
  // A segment found on disk. Newer knowledge about it stays.
  void found(const std::string& name, std::uint64_t bytes, std::int64_t used_at);
  // A segment was read or written, and grew by `more_bytes`. Unknown ones become known.
  void used(const std::string& name, std::uint64_t more_bytes, std::int64_t now);
  void gone(const std::string& name);
  bool knows(const std::string& name) const { return segments_.contains(name); }

  // Of all known segments.
  std::uint64_t bytes() const noexcept { return bytes_; }
  std::size_t count() const noexcept { return segments_.size(); }

  // Of the segments of one content, without their heads. content: its hash, which their names begin with.
  std::uint64_t content_bytes(const std::string& content) const;

  // The least recently used segments that together hold at least `bytes`, as far as `spared` lets them.
  std::vector<std::string> victims(std::uint64_t bytes,
                                   const std::function<bool(const std::string&)>& spared) const;
  // Every known name.
  std::vector<std::string> names() const;

 private:
  struct Segment {
    std::uint64_t bytes;
    std::int64_t used_at;
  };
  void grow(const std::string& name, Segment& segment, std::uint64_t bytes);
  void move_to(const std::string& name, Segment& segment, std::int64_t used_at);

  std::unordered_map<std::string, Segment> segments_;
  std::map<std::pair<std::int64_t, std::string>, std::uint64_t>
      by_age_;  // oldest first → bytes, kept for victims()
  struct ContentBytes {
    std::uint64_t bytes = 0;
    std::uint64_t segments = 0;
  };
  std::unordered_map<std::string, ContentBytes> contents_;  // by hash
  std::uint64_t bytes_ = 0;
};

}  // namespace esofs::cache
