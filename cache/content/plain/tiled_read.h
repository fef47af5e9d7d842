// TiledRead: a read of a TiledFile, or a question for its size, that is answered when the last of its bytes has come.
// TiledFlight: a group of tiles on its way to those who read them.
//
//   threads  TiledRead: thread-safe; the answer is given without locks. TiledFlight: as TiledFile says
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "cache/content/content.h"
#include "cache/content/forms/plain_parts.h"
#include "client/base/cancel_slot.h"

namespace esofs::cache {

struct TiledRead {
  TiledRead(std::uint64_t at, std::uint64_t up_to, bool size_only, Done<Bytes> the_done)
      : offset(at),
        end(up_to),
        for_size(size_only),
        cause(the_done.cause()),
        bytes(static_cast<std::size_t>(up_to - at)),
        done(std::move(the_done)) {}

  const std::uint64_t offset;
  const std::uint64_t end;
  const bool for_size;
  const Cause cause;
  std::mutex mutex;
  std::size_t missing = 0;  // groups; this and what follows: guarded by mutex
  Bytes bytes;
  Done<Bytes> done;  // empty: answered

  bool answered() {
    const std::lock_guard lock(mutex);
    return !done;
  }
  void copy(std::uint64_t at, std::span<const std::byte> from) {
    const std::uint64_t begin = std::max(at, offset);
    const std::uint64_t stop = std::min(at + from.size(), end);
    const std::lock_guard lock(mutex);
    if (begin < stop && done)
      std::memcpy(bytes.data() + (begin - offset), from.data() + (begin - at),
                  static_cast<std::size_t>(stop - begin));
  }
  void answer(const std::optional<Error>& error) {
    Done<Bytes> taken;
    Bytes result;
    {
      const std::lock_guard lock(mutex);
      taken = std::exchange(done, nullptr);
      result = std::move(bytes);
    }
    if (!taken) return;
    if (error) return taken(*error);
    taken(std::move(result));
  }
  // A group that it waits for has come.
  void came() {
    {
      const std::lock_guard lock(mutex);
      if (--missing > 0) return;
    }
    answer(std::nullopt);
  }
};

using TiledGroupId = std::pair<std::size_t, std::uint64_t>;  // HDU, group of it

struct TiledFlight {
  TiledGroupId id;
  PlainPart part;
  ByteRun run;      // of the data
  TileGroup group;  // if it is of tiles
  Cause cause;
  Bytes rows;
  std::vector<ByteRun> runs;  // of the heap
  std::size_t next_run = 0;
  Bytes heap;                                       // or the data itself, if it is not compressed
  std::vector<std::shared_ptr<TiledRead>> waiting;  // this and what follows: guarded by the file's mutex
  std::shared_ptr<CancelSlot> question;             // to the packed file
};

}  // namespace esofs::cache
