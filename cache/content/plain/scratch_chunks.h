// ScratchChunks: chunks of a content that the disk cache does not take, in scratch files for as long as this lives.
//
//   errors   ENOSPC, EDQUOT …: no place has room (forms/unpack.h, no_room())
//   threads  thread-safe; blocks on the local disk only
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

#include "cache/content/disk/chunk.h"
#include "client/base/guarded.h"
#include "client/base/result.h"
#include "client/base/unique_fd.h"

namespace esofs::cache {

class ScratchChunks {
 public:
  // directory: the first place to try (scratch_places()).
  explicit ScratchChunks(const std::filesystem::path& directory);

  Result<void> put(std::uint64_t index, const Bytes& bytes);
  // Null if it is not here.
  Chunk get(std::uint64_t index);

 private:
  struct Place {
    std::shared_ptr<UniqueFd> file;
    std::size_t size = 0;
  };
  struct State {
    std::vector<std::filesystem::path> places;  // not found full yet
    std::shared_ptr<UniqueFd> file;             // in the first of them; null: none yet
    std::map<std::uint64_t, Place> chunks;
  };

  static Result<void> put_in_first(State& state, std::uint64_t index, const Bytes& bytes);

  Guarded<State> state_;
};

}  // namespace esofs::cache
