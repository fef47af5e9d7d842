// TransferPlan: for one file, the chunks that readers wait for, those to request ahead of them, and which transfer comes next.
//
//   shapes   a chunk that is on its way or queued is a flight; all its readers wait for the same one. A transfer
//            requests a run of chunks. Chunks with waiting readers come first; read-ahead is spread over several transfers
//   threads  not thread-safe: the file that it belongs to holds its lock around every call
//   source   cache/READING.md, "Chunks become transfers"
#pragma once

#include <cstdint>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "cache/answers/patience.h"
#include "cache/content/ahead/ahead_counts.h"
#include "cache/content/ahead/pace.h"
#include "cache/content/ahead/read_ahead.h"
#include "cache/content/disk/chunk.h"
#include "cache/content/pending_read.h"
#include "client/base/result.h"

namespace esofs::cache {

struct Transfer {
  std::uint64_t next;  // its chunks [next, end) have not come yet; guarded by the file's lock
  std::uint64_t end;
  bool ahead;                        // nobody waited when it was begun
  Cause cause = {};                  // for which reader
  bool stopped = false;              // guarded by the file's lock
  bool unread = false;               // nobody has read of the file yet
  std::optional<Error> broken = {};  // of its last request; used by its job only, like the next three
  std::string url = {};              // of its last request
  bool version_unknown = false;      // client::FetchSink::version_unknown() of its last answer
  std::shared_ptr<Bytes> begun =
      {};  // the first bytes of chunk `next`, of an answer that was shorter than requested
  std::stop_source stop = {};
  std::shared_ptr<Patience> patience = std::make_shared<Patience>();  // of readers who come back
};
using TransferPtr = std::shared_ptr<Transfer>;

class TransferPlan {
 public:
  using Askers = std::vector<std::shared_ptr<PendingRead>>;
  // Chunks [first, end).
  struct Run {
    std::uint64_t first;
    std::uint64_t end;
  };

  // What brings a chunk.
  struct Queued {
    friend bool operator==(Queued, Queued) = default;
  };
  struct ByOpening {  // the first answer of the file
    friend bool operator==(ByOpening, ByOpening) = default;
  };
  struct AwaitsUrl {  // nothing, until there is a newer URL
    friend bool operator==(AwaitsUrl, AwaitsUrl) = default;
  };
  using Carrier = std::variant<Queued, const Transfer*, ByOpening, AwaitsUrl>;

  struct Flight {
    Askers askers;
    Carrier carrier;
    bool ahead = false;  // nobody has waited for it yet
  };

  // width: of the lane, and so the most transfers of one file. counts: outlive the plan.
  TransferPlan(int width, std::uint64_t most_ahead, AheadCounts& counts);

  // --- readers ---

  // Notes a read. Returns the ranges to request ahead (look_ahead()). cause: for which program it is.
  std::vector<client::ByteRange> read(std::uint64_t offset, std::uint64_t size, std::uint64_t file_size,
                                      const Cause& cause = {});
  // Makes `read` wait for a chunk: for its flight, or a new one that is queued.
  void join(const std::shared_ptr<PendingRead>& read, std::uint64_t chunk);
  // `read` waits no longer. Returns transfers that nobody waits for, to be stopped without the lock.
  std::vector<TransferPtr> leave(const std::shared_ptr<PendingRead>& read);
  // For which program what is queued next is read ahead, if nobody reads.
  void ahead_for(const Cause& cause) { ahead_for_ = cause; }
  // Queues those of the chunks [first, first + wanted.size()) that are wanted, to be read ahead.
  void look_ahead(std::uint64_t first, const std::vector<bool>& wanted);
  // Somebody has opened the file, perhaps because what is under way hangs: a program that was ended may have left its reads
  // behind, and pages of the kernel wait for these.
  void opened();
  // Nobody has the file open. Returns transfers to be stopped without the lock.
  std::vector<TransferPtr> closed();

  // --- flights ---

  bool flying(std::uint64_t chunk) const { return flights_.contains(chunk); }
  bool awaited(std::uint64_t chunk) const;
  // Of readers who come back to a chunk that the opening brings.
  const std::shared_ptr<Patience>& patience_with_opening() const noexcept { return patience_with_opening_; }
  // The opening of the file brings the chunk.
  void expect(std::uint64_t chunk) { flights_[chunk].carrier = ByOpening(); }
  // The opening did not bring it: it is queued if somebody waits.
  void lost(std::uint64_t chunk);
  // A chunk has come. Returns the reads that wait for it.
  Askers land(std::uint64_t chunk);
  void queue_first(Run run) { demand_.push_front(run); }
  // Visits the chunks of a run that `carrier` brings; if visit(index, flight) is false, the flight ends.
  template <class Visit>
  void visit(Run run, const Carrier& carrier, const Visit& visit) {
    auto flight = flights_.lower_bound(run.first);
    while (flight != flights_.end() && flight->first < run.end) {
      const bool stays = flight->second.carrier != carrier || visit(flight->first, flight->second);
      if (!stays && flight->second.ahead) counts_.dropped += kChunkBytes;
      flight = stays ? std::next(flight) : flights_.erase(flight);
    }
  }
  // Ends all flights and queues. Returns the waiting reads, and the transfers to be stopped without the lock.
  struct Cleared {
    Askers askers;
    std::vector<TransferPtr> transfers;
  };
  Cleared clear();

  // --- transfers ---

  // The next transfer to begin; null: none. ahead_room: bytes that may be requested ahead.
  TransferPtr next(std::uint64_t ahead_room);
  // If readers queue behind transfers that only read ahead, the farthest of these makes way: to be stopped without the lock.
  TransferPtr make_room();
  void ended(const TransferPtr& transfer) { std::erase(active_, transfer); }

  // Notes how an answer came. That decides how far ahead is requested: at most `most` bytes.
  Pace& pace() noexcept { return pace_; }
  void set_window(std::uint64_t most) { readers_.set_most_bytes(window(most)); }

 private:
  std::uint64_t window(std::uint64_t most) const;
  void begin_ahead(Transfer& transfer);
  void drop_ahead(std::uint64_t chunk);
  void drop_unread();
  bool idle(const Transfer& transfer) const;
  void give_up(Transfer& transfer);
  TransferPtr next_demand();
  void extend_ahead(Transfer& transfer);
  TransferPtr next_ahead(std::uint64_t room);
  std::uint64_t piece(std::uint64_t chunks) const;
  std::uint64_t piece_ahead(std::uint64_t chunks) const;

  const std::uint64_t width_;
  std::map<std::uint64_t, Flight> flights_;  // by chunk: those on their way or queued for a reader
  std::deque<Run> demand_;  // queued; chunks without a flight, or carried already, are skipped
  std::deque<Run> ahead_;
  Cause ahead_for_;  // whose read made the last of it worth asking for
  std::vector<TransferPtr> active_;
  std::shared_ptr<Patience> patience_with_opening_ = std::make_shared<Patience>();
  Pace pace_;
  ReadAhead readers_;
  AheadCounts& counts_;
  std::set<std::uint64_t> unread_;  // chunks that came before anybody waited for them, and were not read yet
};

}  // namespace esofs::cache
