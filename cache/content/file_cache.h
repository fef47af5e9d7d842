// FileCache: the bytes of archive files, from the segments on disk where they are there, else from the archive.
//
//   shapes   a file in one of two forms: as delivered, or plain (decompressed where the archive delivers .fits.Z,
//            .fits.gz or .fits.fz). Both have an exact size once open.
//   errors   those of client::Archive; ESTALE where the content changed while open. A cache disk that fails is logged and
//            passed by.
//   threads  thread-safe. open() and read() never wait for the network on the caller's thread (client/base/ask.h).
//   source   cache/READING.md; cache/README.md, "Versions of a file"
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cache/catalog.h"
#include "cache/store/metadata_store.h"
#include "client/archive.h"
#include "client/base/ask.h"
#include "client/base/lane.h"
#include "client/model/model.h"

namespace esofs::cache {

enum class Form : std::uint8_t { kDelivered, kPlain };
enum class Unpack : std::uint8_t { kNone, kZ, kAll };  // -o unpack: what kPlain decompresses

// What is known of a file without asking anybody.
struct FileFacts {
  std::uint64_t size = 0;  // exact, or the best estimate, rounded up; never 0 unless exact
  bool exact = false;
  std::string delivered_name;  // by Content-Disposition or eso_origfile; "" not known yet
  std::string url;             // secrets removed; "" not known yet
  std::string version;         // content key; "" not known yet
  std::uint64_t cached_bytes = 0;
  std::int64_t mtime = 0;      // the date that this version was first opened under; 0 not known
  bool restricted = false;     // it took the rights of who is logged in to get it
  std::optional<Error> error;  // the failure remembered, if any
};

using Bytes = std::vector<std::byte>;

// An open file of one version. Dropping the last reference closes it.
class OpenFile {
 public:
  virtual ~OpenFile() = default;
  virtual std::uint64_t size() const noexcept = 0;  // exact
  virtual const std::string& version() const noexcept = 0;
  // It took the rights of who is logged in to get it.
  virtual bool restricted() const noexcept { return false; }
  // The version without whose rights got it: openings of one file by several users that agree in it read the same bytes.
  virtual std::string shared_version() const { return version(); }
  // The bytes of [offset, min(offset + size, file size)): exactly so many, or an error.
  virtual Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) = 0;
  // False where a read of this range would make a request to the archive. Never waits.
  virtual bool at_hand(std::uint64_t /*offset*/, std::size_t /*size*/) { return true; }
};

class FileCache {
 public:
  struct Config {
    std::filesystem::path directory;            // segments
    std::uint64_t max_bytes = 20ULL << 30U;     // quota
    std::uint64_t reserve_bytes = 1ULL << 30U;  // left free on the disk
    Unpack unpack = Unpack::kAll;
    std::uint64_t memory_bytes = 64ULL << 20U;       // of verified chunks and of bytes on their way
    std::uint64_t read_ahead_bytes = 128ULL << 20U;  // most bytes asked for ahead of one sequential reader
    std::chrono::seconds failure_memory{5};
    // A file that was opened within this time is opened again without a request.
    std::chrono::seconds revalidate_after{24 * 3600};
    std::function<std::int64_t()> now;  // seconds since 1970; empty: the system's
    bool sweep = true;  // removes what earlier processes have left; false: another cache of this process does
  };

  // All that is passed by reference outlives the cache. transfers: the lane of downloads.
  static Result<std::unique_ptr<FileCache>> create(Config config, client::Archive& archive,
                                                   MetadataStore& store, Catalog& catalog, Lane& transfers);
  virtual ~FileCache() = default;

  // Learns the exact size (and with it the head and the tail of a FITS file), then answers.
  virtual Cancel open(const client::Dataset& dataset, Form form, Done<std::shared_ptr<OpenFile>> done) = 0;

  // From memory and LMDB.
  virtual FileFacts facts(const client::Dataset& dataset, Form form) = 0;

  // Drops what is kept of a file that nobody has open.
  virtual Result<void> evict(const client::Dataset& dataset) = 0;

  struct Usage {
    std::uint64_t bytes;  // on disk
    std::uint64_t max_bytes;
    std::uint64_t hits;    // chunks served from disk or memory
    std::uint64_t misses;  // chunks fetched
    std::uint64_t fetched_bytes;
    std::uint64_t requests;
  };
  // Never waits.
  virtual Usage usage() const = 0;
};

}  // namespace esofs::cache
