// Exports: the answers of queries in other formats than the server's, made from the kept VOTable at the first request.
//
// An export lies beside its VOTable, `<listing id>.csv` beside `<listing id>.vot`, and goes with it. It is written under another
// name and then renamed, so that a file of its name is whole, even after kill -9.
//
//   errors   ENODATA: the answer was not kept; ENOSPC, EDQUOT: the disk is full; EIO; EOVERFLOW: it does not fit the format.
//            A failure is remembered for some seconds and returned again without work
//   threads  thread-safe; exports are made on the lane, once for all askers, and do not count against its width
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "cache/answers/failure_memory.h"
#include "cache/answers/waiters.h"
#include "cache/listings/listing.h"
#include "client/base/ask.h"
#include "client/base/guarded.h"
#include "client/base/lane.h"
#include "client/tables/table_format.h"

namespace esofs::cache {

class Exports : public std::enable_shared_from_this<Exports> {
 public:
  // lane: outlives it. now: seconds since 1970.
  Exports(Lane& lane, std::chrono::seconds failure_memory, std::function<std::int64_t()> now)
      : lane_(lane), now_(std::move(now)), failures_(failure_memory) {}

  // The file of an export, made if it is not there.
  Cancel make(std::shared_ptr<const Listing> listing, client::TableFormat format,
              Done<std::filesystem::path> done);
  // The file, if it is there.
  static std::optional<std::filesystem::path> made(const Listing& listing, client::TableFormat format);

 private:
  Result<std::filesystem::path> write(const Listing& listing, client::TableFormat format,
                                      const std::filesystem::path& target, Lane::Turn& turn);

  Lane& lane_;
  const std::function<std::int64_t()> now_;
  Waiters<std::string, std::filesystem::path> flights_;  // by the path of the export
  Guarded<FailureMemory<std::string>> failures_;         // likewise
};

// Deletes every export of the answer `votable`, whole or not. To be called after the VOTable itself was deleted: an export that
// is finished later sees that it is gone, and goes too.
void remove_exports(const std::filesystem::path& votable);

}  // namespace esofs::cache
