// MetadataStore: what is learnt of the archive, kept in LMDB. Several mounts (processes) may share one directory.
//
//   shapes   shelves of key → value; keys up to 500 bytes (longer ones are hashed by the store), values any size.
//            Every value begins with the number of its format (cache/store/records.h); a value of an unknown format is absent.
//   errors   EIO, ENOSPC, EACCES. A store that fails is never the reader's failure: callers log and ask the archive.
//   threads  thread-safe; blocks on the local disk only
//   source   ours; on-disk form in cache/README.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/base/result.h"

namespace esofs::cache {

enum class Shelf : std::uint8_t {
  kListings,      // four kinds of records of queries and generations (cache/listings/listing_keys.h)
  kEntries,       // generation + row number → entry
  kNames,         // generation + portable name → row number
  kRows,          // generation + row number → the whole row
  kLinks,         // DataLink URL → its answer
  kSources,       // dataset id → where its file is
  kFiles,         // dataset id + access URL → size, version, validator (cache/content/file_record.h)
  kIdRows,        // dataset id → its row of ObsCore or dbo.raw
  kVisited,       // kind + name of a directory → when it was visited
  kNumbers,       // sizes of files that needed a login (cache/content/learnt_sizes.h)
  kCalibs,        // dataset id + mode → its calibrations
  kProductFiles,  // dataset id → the files of its product
  kPositions,     // name of an object → its position
  kJobs,          // archive + service + name → a job (cache/answers/jobs.h)
  kInodes,        // a node's number of 64 bits → one of 32 (cache/store/inode_numbers.h)
  kEnd
};

// Its name in LMDB (cache/README.md); "associations" for kCalibs.
std::string_view shelf_name(Shelf shelf);

class MetadataStore {
 public:
  struct Config {
    std::filesystem::path directory;
    std::uint64_t map_bytes = 64ULL << 30U;  // address space, not disk; grown when needed
  };

  // Creates the directory (0700) if needed. A store of an unknown format number, one that LMDB cannot read, or one that has
  // ended a process is set aside (meta.old-<time>), and a new one takes its place. EBUSY if this process has a store in that
  // directory open already. A child that was forked while a store was open must open its own.
  static Result<std::unique_ptr<MetadataStore>> open(const Config& config);
  // One that is forgotten with the process, of at most 256 MiB.
  static std::unique_ptr<MetadataStore> in_memory();
  virtual ~MetadataStore() = default;

  virtual Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) = 0;
  virtual Result<void> put(Shelf shelf, std::string_view key, std::string_view value) = 0;
  virtual Result<void> erase(Shelf shelf, std::string_view key) = 0;

  // Many records in one transaction, in this order: all or none. For thousands of them, which a Batch would copy first.
  struct Record {
    Shelf shelf;
    std::string key;
    std::string value;
  };
  virtual Result<void> put_all(const std::vector<Record>& records) = 0;

  // Visits records of a shelf in key order from the first key >= `from`, until visit() returns false. The views are valid
  // during the call only. visit() must not write to the store. Keys that were hashed come in the order of their first 485
  // bytes. Not a snapshot: what another thread writes meanwhile may be seen or not.
  using Visit = std::function<bool(std::string_view key, std::string_view value)>;
  virtual Result<void> scan(Shelf shelf, std::string_view from, const Visit& visit) = 0;

  // The numbers of these keys, in one transaction that no other process interrupts. A key without one gets the next number
  // that this shelf has not given yet, from `first` on, and keeps it.
  virtual Result<std::vector<std::uint64_t>> number(Shelf shelf, const std::vector<std::string>& keys,
                                                    std::uint64_t first) = 0;

  // Several writes in one transaction: all or none. They are kept in memory until commit(), and no lock is held before
  // it; get() sees them, and else what is in the store at that time.
  class Batch {
   public:
    virtual ~Batch() = default;  // without commit(): nothing was written
    virtual Result<void> put(Shelf shelf, std::string_view key, std::string_view value) = 0;
    virtual Result<void> erase(Shelf shelf, std::string_view key) = 0;
    virtual Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) = 0;
    virtual Result<void> commit() = 0;
  };
  virtual Result<std::unique_ptr<Batch>> batch() = 0;

  // Whether another process has the store open, as far as is known.
  virtual bool shared() const { return false; }
};

}  // namespace esofs::cache
