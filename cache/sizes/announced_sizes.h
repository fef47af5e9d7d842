// AnnouncedSizes: sizes by the archive's own table of files, by one query for many files.
//
// A table says how long a file is that is stored, and an archive may correct its header on download. So such a size is as good as
// exact only for those who notice, when they open the file, that it is another.
//
//   shapes   the table has the columns archive_id, access_estsize (bytes) and name. The name tells whether the file is packed: then
//            nothing is known of its plain form. Kept on the shelf kNumbers, for the date of the dataset
//   errors   none: what the table does not tell is not known. A table that fails is left alone for kPause
//   threads  thread-safe; ask() never waits for the network on the caller's thread (client/base/ask.h)
//   source   client/ESO.md, "Tables"
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "cache/answers/waiters.h"
#include "cache/content/file_cache.h"
#include "cache/content/learnt_sizes.h"
#include "cache/store/metadata_store.h"
#include "client/archive.h"
#include "client/base/ask.h"
#include "client/base/cause.h"
#include "client/base/clock.h"
#include "client/base/guarded.h"
#include "client/base/lane.h"
#include "client/model/model.h"

namespace esofs::cache {

class AnnouncedSizes {
 public:
  static constexpr std::size_t kMostTogether = 200;  // files of one query
  static constexpr std::chrono::seconds kPause{60};
  static constexpr std::chrono::seconds kPatience{4};  // with a query that others have waited for already

  // table: Profile::sizes_table. now: seconds since 1970. What is passed by reference outlives it, but for the lane, which ends before
  // it.
  AnnouncedSizes(std::string table, client::Archive& archive, MetadataStore& store, Lane& queries,
                 std::function<std::int64_t()> now = system_seconds);

  // From memory and LMDB.
  std::optional<std::uint64_t> known(const client::Dataset& dataset, Form form);

  // True if the table may tell the size of this dataset's file and was not asked yet.
  bool worth_asking(const client::Dataset& dataset);

  // Asks for the sizes of those of `datasets` that are worth it, up to kMostTogether. done: once all that the table tells of the
  // first one is known; at once if it was asked before, or is being asked for longer than kPatience. false: the table did not
  // answer.
  Cancel ask(const std::vector<client::Dataset>& datasets, Done<bool> done);

 private:
  using Flight = std::uint64_t;
  struct Asked {
    Flight flight = kLanded;  // kLanded, or the flight that asks
    std::int64_t begun = 0;
  };
  struct State {
    std::unordered_map<std::string, Asked> asked;  // by key_of()
    Flight last = kLanded;
    std::int64_t failed_until = 0;
  };
  static constexpr Flight kLanded = 0;

  static std::string key_of(const client::Dataset& dataset);
  bool in_table(const client::Dataset& dataset) const;
  bool failing();  // the table did not answer a moment ago
  Flight flight_of(const client::Dataset& dataset);
  void begin(std::vector<client::Dataset> wanted, const Cause& cause);
  Result<void> ask_table(const std::vector<client::Dataset>& datasets, Lane::Turn& turn);
  void fetch(Flight flight, const std::vector<client::Dataset>& datasets, Lane::Turn& turn);

  const std::string table_;
  client::Archive& archive_;
  Lane& lane_;
  LearntSizes sizes_;
  const std::function<std::int64_t()> now_;
  Guarded<State> state_;
  Waiters<Flight, bool> flights_;
};

}  // namespace esofs::cache
