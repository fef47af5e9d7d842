// FileCache: the bytes of archive files, from the segments on disk if they are there, else from the archive.
//
//   shapes   a file in one of two forms: as delivered, or plain (decompressed if the archive delivers .fits.Z,
//            .fits.gz or .fits.fz). Both have an exact size once open
//   errors   those of client::Archive; ESTALE if the content changed while open. A cache disk that fails is logged and
//            skipped.
//   threads  thread-safe. open() and read() never wait for the network on the caller's thread (client/base/ask.h).
//   source   cache/READING.md; cache/README.md, "Versions of a file"
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cache/catalog.h"
#include "cache/content/disk/eviction.h"
#include "cache/content/open_file.h"
#include "cache/store/metadata_store.h"
#include "client/archive.h"
#include "client/base/ask.h"
#include "client/base/clock.h"
#include "client/base/lane.h"
#include "client/model/model.h"

namespace esofs::cache {

enum class Form : std::uint8_t {
  kDelivered,
  kPlain,
  // The plain form, for those who read its headers: it is opened without knowing its size. size() is more than any file has until it
  // is known, and a read may be cut off by the end of the file.
  kHeaders
};
enum class Unpack : std::uint8_t { kNone, kZ, kAll };  // -o unpack: what kPlain decompresses

// What is known about a file without a request.
struct FileFacts {
  std::uint64_t size = 0;  // exact, or the best estimate, rounded up; never 0 unless exact
  bool exact = false;
  std::string delivered_name;  // by Content-Disposition or eso_origfile; "" not known yet
  std::string url;             // may hold secrets: see client::shown_url(); "" not known yet
  std::string version;         // content key; "" not known yet
  std::uint64_t cached_bytes = 0;
  std::int64_t mtime = 0;      // the date that this version was first opened under; 0 not known
  bool restricted = false;     // it needed the login of the current user
  std::optional<Error> error;  // the failure remembered, if any
};

class FileCache {
 public:
  struct Config {
    std::filesystem::path directory;            // segments
    std::uint64_t max_bytes = 20ULL << 30U;     // quota
    std::uint64_t reserve_bytes = 1ULL << 30U;  // left free on the disk
    Unpack unpack = Unpack::kAll;
    std::uint64_t memory_bytes = 64ULL << 20U;       // of verified chunks and of bytes on their way
    std::uint64_t read_ahead_bytes = 128ULL << 20U;  // most bytes requested ahead of one sequential reader
    std::chrono::seconds failure_memory{5};
    // A file that was opened within this time is opened again without a request.
    std::chrono::seconds revalidate_after{24 * 3600};
    std::function<std::int64_t()> now = system_seconds;  // since 1970
    bool sweep = true;  // removes leftovers of earlier processes; false: another cache of this process does
  };

  // All that is passed by reference outlives the cache. transfers: the lane of downloads. When the last user drops
  // the cache, it stops and answers everything under way, and waits for that.
  static Result<std::shared_ptr<FileCache>> create(Config config, client::Archive& archive,
                                                   MetadataStore& store, Catalog& catalog, Lane& transfers);
  virtual ~FileCache() = default;

  // Learns the exact size (and with it the head and the tail of a FITS file), then answers.
  virtual Cancel open(const client::Dataset& dataset, Form form, Done<std::shared_ptr<OpenFile>> done) = 0;

  // From memory and LMDB.
  virtual FileFacts facts(const client::Dataset& dataset, Form form) = 0;

  // Drops the cached bytes of a file that nobody has open.
  virtual Result<void> evict(const client::Dataset& dataset) = 0;

  struct Usage {
    std::uint64_t bytes;  // on disk
    std::uint64_t max_bytes;
    std::uint64_t hits;    // chunks served from disk or memory
    std::uint64_t misses;  // chunks fetched
    std::uint64_t fetched_bytes;
    std::uint64_t requests;
    std::uint64_t resumed = 0;  // answers that broke off and were taken up, or asked for again
    // As AheadCounts (cache/content/ahead/ahead_counts.h).
    std::uint64_t ahead_asked = 0;
    std::uint64_t ahead_used = 0;
    std::uint64_t ahead_dropped = 0;
    Evicted evicted = {};

    // Adds what another cache over the same directory has done: all but the first two.
    void add_done(const Usage& more);
  };
  // Never waits.
  virtual Usage usage() const = 0;
};

}  // namespace esofs::cache
