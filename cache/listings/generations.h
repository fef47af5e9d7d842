// Generations: which answers' rows are in the store, and when they may go.
//
// A generation is written under a GenerationRecord, becomes a snapshot when its query's SnapshotRecord points to it, and is
// garbage when none does: its writer gave up or died, or a newer snapshot has taken its place. Garbage goes in small
// batches, and not while a Listing of this process shows it. State::kDeleting, set first, tells other processes.
//
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "cache/listings/listing.h"
#include "cache/listings/query_key.h"
#include "cache/store/metadata_store.h"
#include "cache/store/records.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class Generations {
 public:
  // store outlives this.
  Generations(MetadataStore& store, std::filesystem::path results_dir);

  // Names a generation of `query` that this process is about to write. failure: the store would not take its record.
  struct Begun {
    Generation generation;
    std::optional<Error> failure;
  };
  Begun begin(const QueryKey& query, std::int64_t now);
  // It was committed or given up: from now on its record decides. Does nothing for a generation not begun here.
  void end(const Generation& generation);

  // The living Listing of this generation; null.
  std::shared_ptr<const Listing> live_listing(const Generation& generation);
  // From here on the generation stays while the returned listing lives: `listing`, or one registered before. null: it is
  // being deleted.
  [[nodiscard]] std::shared_ptr<const Listing> register_listing(const Generation& generation,
                                                                std::shared_ptr<const Listing> listing);

  // True if rows read before this call were whole: nobody has begun to delete them.
  bool intact(const Generation& generation);

  // Deletes at most about `most` records of garbage. True: there is more to do at once.
  Result<bool> sweep(std::size_t most, std::int64_t now);
  // True if garbage that a Listing kept may be free now. Cheap, to decide on a sweep.
  bool freed();

  std::filesystem::path result_path(const Generation& generation) const;
  // While the answer is still arriving.
  std::filesystem::path partial_path(const Generation& generation) const;

 private:
  struct State {
    std::set<Generation> writing;
    std::set<Generation> deleting;
    std::map<Generation, std::weak_ptr<const Listing>> listings;  // that live
    std::set<Generation> kept;                                    // garbage of which a listing lives
  };

  Result<std::map<Generation, GenerationRecord>> garbage(std::int64_t now);
  bool is_garbage(const Generation& generation, const GenerationRecord& record, std::int64_t now);
  bool may_delete(const Generation& generation);
  Result<std::size_t> erase_some(Shelf shelf, const Generation& generation, std::size_t most);

  MetadataStore& store_;
  const std::filesystem::path results_dir_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
