// LmdbStore: the MetadataStore on disk. One LMDB environment in <directory>/meta, one named database for each shelf.
//
// No lock is held between calls: reads are short transactions over copies, a Batch keeps its writes in memory until
// commit(). So the map can grow at any time, and a slow caller never holds up another mount.
//
//   shapes   an LMDB key of up to 500 bytes is the key itself; of 501 bytes: the first 485 of the key and a hash of the
//            whole, and then the value begins with the whole key
//   errors   as MetadataStore; EBUSY if this process has the directory open already, which LMDB forbids
//   threads  thread-safe
#pragma once

#include <array>
#include <shared_mutex>
#include <vector>

#include "cache/store/damage_mark.h"
#include "cache/store/lmdb_txn.h"
#include "cache/store/metadata_store.h"
#include "client/base/guarded.h"
#include "client/base/unique_fd.h"

namespace esofs::cache {

inline constexpr std::size_t kShelves = static_cast<std::size_t>(Shelf::kEnd);

class LmdbStore final : public MetadataStore {
 public:
  using Handles = std::array<MDB_dbi, kShelves>;

  // damage: watches env. user: the lock that says that this process has the directory open; path: its file, removed at the
  // end.
  LmdbStore(LmdbEnv env, std::unique_ptr<DamageMark> damage, const Handles& shelves, UniqueFd user,
            std::filesystem::path user_path);
  ~LmdbStore() override;
  LmdbStore(const LmdbStore&) = delete;
  LmdbStore& operator=(const LmdbStore&) = delete;

  Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) override;
  Result<void> put(Shelf shelf, std::string_view key, std::string_view value) override;
  Result<void> erase(Shelf shelf, std::string_view key) override;
  Result<void> put_all(const std::vector<Record>& records) override;
  Result<void> scan(Shelf shelf, std::string_view from, const Visit& visit) override;
  Result<std::vector<std::uint64_t>> number(Shelf shelf, const std::vector<std::string>& keys,
                                            std::uint64_t first) override;
  Result<std::unique_ptr<Batch>> batch() override;
  bool shared() const override;

 private:
  class BufferedBatch;
  class Chunk;

  // work(txn) returns an LMDB code. It may run more than once: when the map had to be changed.
  template <class Work>
  int reading(const Work& work);
  template <class Work>
  int writing(const Work& work);
  // The error of a code. Marks the store as damaged if the code says so.
  Error failure(int code, std::string_view step) const;

  int change_map(std::size_t size);  // 0: as another process has grown it. REQUIRES: map_mutex_ held, unique.
  int adopt_map();                   // another process has grown the map
  int grow_map(std::size_t full_size);  // unless another thread has done so

  MDB_dbi handle(Shelf shelf) const { return shelves_[static_cast<std::size_t>(shelf)]; }

  UniqueFd user_;
  std::filesystem::path user_path_;
  std::unique_ptr<DamageMark> damage_;
  LmdbEnv env_;
  Handles shelves_;
  std::shared_mutex map_mutex_;            // shared: a transaction is open; unique: the map changes
  Guarded<std::vector<LmdbTxn>> readers_;  // reset read transactions, for the next reading()
};

}  // namespace esofs::cache
