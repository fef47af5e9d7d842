// MemoryStore: a MetadataStore that is forgotten with the process, for a listing that the disk would not take.
//
//   errors   ENOSPC above the bound
//   threads  thread-safe
#pragma once

#include <array>
#include <map>

#include "cache/store/lmdb_store.h"
#include "cache/store/metadata_store.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class MemoryStore final : public MetadataStore {
 public:
  // most_bytes: of keys and values and what it takes to hold them.
  explicit MemoryStore(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}

  Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) override;
  Result<void> put(Shelf shelf, std::string_view key, std::string_view value) override;
  Result<void> erase(Shelf shelf, std::string_view key) override;
  Result<void> put_all(const std::vector<Record>& records) override;
  Result<void> scan(Shelf shelf, std::string_view from, const Visit& visit) override;
  Result<std::vector<std::uint64_t>> number(Shelf shelf, const std::vector<std::string>& keys,
                                            std::uint64_t first) override;
  Result<std::unique_ptr<Batch>> batch() override;

 private:
  class DirectBatch;
  struct Contents {
    std::array<std::map<std::string, std::string, std::less<>>, kShelves> shelves;
    std::uint64_t bytes = 0;
  };

  const std::uint64_t most_bytes_;
  Guarded<Contents> contents_;
  Guarded<std::map<Shelf, std::uint64_t>> numbering_;  // the next number of a shelf; taken before contents_
};

}  // namespace esofs::cache
