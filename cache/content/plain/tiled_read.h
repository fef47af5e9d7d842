// TiledRead: a read of a TiledFile, or a question for its size, that is answered when the last of its bytes has come.
// TiledFlight: a group of tiles on its way to those who read them: first the rows of the table, then what they refer to.
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

class TiledFlight {
 public:
  TiledFlight(TiledGroupId the_id, PlainPart of, const Cause& by)
      : id(the_id), part(std::move(of)), run(part.group_run(id.second)), cause(by) {}

  const TiledGroupId id;
  const PlainPart part;
  const ByteRun run;  // of the data
  const Cause cause;

  // --- for the one who makes it ---
  void begin_again();
  // What is to be read next of the packed file; nullopt: all is here.
  std::optional<ByteRun> next() const;
  // The bytes of next().
  Result<void> take(Bytes bytes);
  // The bytes of the group. REQUIRES: all is here. Ends what was taken.
  Result<Bytes> made();

  // --- guarded by the file's mutex ---
  std::vector<std::shared_ptr<TiledRead>> waiting;
  std::shared_ptr<CancelSlot> question;  // to the packed file

 private:
  TileGroup group_;  // if it is of tiles
  std::optional<Bytes> rows_;
  std::vector<ByteRun> runs_;  // of the heap
  std::size_t runs_here_ = 0;
  Bytes heap_;  // or the data itself, if it is not compressed
};

}  // namespace esofs::cache
