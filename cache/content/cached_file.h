// CachedFile: a content whose archive honours Range. Missing chunks are asked for in ranges, joined by all who wait for
// them, and answered chunk by chunk as the bytes come in.
//
//   shapes   a transfer asks for a run of chunks. What readers wait for goes first; what is read ahead of sequential
//            readers is spread over several transfers of at least 1 MiB. At most as many transfers as the lane is wide
//   errors   a transfer that breaks off, or that the server fails to answer, is taken up where it broke, kMostFailures times;
//            then its readers get the error, which is remembered for failure_memory and told again without a request. Another
//            version: ESTALE, for good. If the URL is refused, its readers wait while a newer one is asked for; a file that is
//            gone is EIO
//   threads  thread-safe
//   source   cache/READING.md; RFC 9110 section 14
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "cache/content/content.h"
#include "cache/content/pace.h"
#include "cache/content/pending_read.h"
#include "cache/content/read_ahead.h"
#include "client/base/guarded.h"

namespace esofs::cache {

class CachedFile : public Content, public std::enable_shared_from_this<CachedFile> {
 public:
  struct About {
    ContentKey key;
    std::string url;
    std::string name;  // for errors: the URL without secrets
    std::string validator;
    std::uint64_t size;
    bool fits;             // its first bytes must be FITS
    std::string tag = {};  // client::FileHead::tag and date
    std::string date = {};
  };

  using GiveUrl = std::function<void(const std::optional<std::string>& url)>;
  // Gives a URL of the same file in place of `refused`, at once or later; nullopt: there is no other. Called without locks.
  using Renew = std::function<void(const std::string& refused, const GiveUrl& give)>;

  // on_stale: called once, without locks, when a transfer meets another version; readers are told when it returns.
  CachedFile(std::shared_ptr<ContentParts> parts, About about, std::function<void(const Error&)> on_stale,
             Renew renew = {});

  const ContentKey& key() const noexcept override { return about_.key; }
  std::uint64_t size() const noexcept override { return about_.size; }
  Cancel read(std::uint64_t offset, std::size_t size, Done<Bytes> done) override;
  bool at_hand(std::uint64_t offset, std::size_t size) override;
  void opened() override;
  void closed() override;
  bool in_use() override;
  void expire(const Error& error) override;
  bool expired() override;

  // True if an answer with this head can be of this version.
  bool accepts(const client::FileHead& head) const;
  // A chunk that somebody else fetches: readers wait for it until arrived() or lost().
  void expect(std::uint64_t index);
  void arrived(std::uint64_t index, const Chunk& chunk);
  void lost(std::uint64_t index);

 private:
  struct Transfer {
    std::uint64_t next;  // its chunks [next, end) have not come yet; guarded by the file's lock
    std::uint64_t end;
    bool ahead;                        // nobody waited when it was begun
    bool stopped = false;              // guarded by the file's lock
    std::optional<Error> broken = {};  // of its last request; used by its job only, like the next two
    std::string url = {};              // of its last request
    std::shared_ptr<Bytes> begun =
        {};  // the first bytes of chunk `next`, of an answer that was shorter than asked for
    std::stop_source stop = {};
  };

  // Who brings a chunk.
  struct Queued {
    friend bool operator==(Queued, Queued) = default;
  };
  struct ByOpening {  // expect()
    friend bool operator==(ByOpening, ByOpening) = default;
  };
  struct AwaitsUrl {  // State::refused
    friend bool operator==(AwaitsUrl, AwaitsUrl) = default;
  };
  using Carrier = std::variant<Queued, const Transfer*, ByOpening, AwaitsUrl>;

  struct Flight {
    std::vector<std::shared_ptr<PendingRead>> askers;
    Carrier carrier;
  };
  struct Run {
    std::uint64_t first;
    std::uint64_t end;
  };
  struct Refused {
    Run run;
    Error error;
  };
  struct Failure {
    Error error;
    std::int64_t until;
  };
  struct State {
    std::map<std::uint64_t, Flight> flights;  // by chunk: all that is on its way or queued for a reader
    std::deque<Run> demand;  // queued; chunks without a flight, or carried already, are passed over
    std::deque<Run> ahead;
    std::vector<std::shared_ptr<Transfer>> active;
    std::map<std::uint64_t, Failure> failures;  // by chunk
    std::map<std::uint64_t, Chunk> unwritten;   // have come, and go to the disk with those that follow
    std::string url;
    std::vector<Refused> refused;  // what waits for a newer URL
    bool stale = false;            // on_stale was called
    std::optional<Error> expired;
    ReadAhead readers;
    Pace pace;
    int handles = 0;
    State(std::string where, std::uint64_t most_ahead) : url(std::move(where)), readers(most_ahead) {}
  };
  using Askers = std::vector<std::shared_ptr<PendingRead>>;
  class Filler;

  Chunk here(std::uint64_t index);
  bool fresh_failure(State& state, std::uint64_t index, std::optional<Error>& error) const;
  std::optional<Error> join(const std::shared_ptr<PendingRead>& read,
                            const std::vector<std::uint64_t>& missing);
  std::vector<bool> kept_of(std::uint64_t first, std::uint64_t end) const;
  void look_ahead(client::ByteRange range);
  std::uint64_t window(const Pace& pace, std::uint64_t most) const;
  void abandon(const std::shared_ptr<PendingRead>& read);
  static bool idle(const State& state, const Transfer& transfer);
  static void give_up(State& state, Transfer& transfer);
  // Visits what `carrier` brings of a run; where visit(index, flight) is false the flight ends.
  template <class Visit>
  static void visit_carried(State& state, Run run, const Carrier& carrier, const Visit& visit) {
    auto flight = state.flights.lower_bound(run.first);
    while (flight != state.flights.end() && flight->first < run.end) {
      const bool stays = flight->second.carrier != carrier || visit(flight->first, flight->second);
      flight = stays ? std::next(flight) : state.flights.erase(flight);
    }
  }

  void pump();
  std::shared_ptr<Transfer> next_transfer(State& state, std::uint64_t ahead_room);
  std::shared_ptr<Transfer> next_demand(State& state);
  void extend_ahead(State& state, Transfer& transfer) const;
  std::shared_ptr<Transfer> next_ahead(State& state, std::uint64_t room);
  std::shared_ptr<Transfer> make_room(State& state);
  std::uint64_t piece(const State& state, std::uint64_t chunks) const;
  std::uint64_t piece_ahead(const State& state, std::uint64_t chunks) const;

  void run(const std::shared_ptr<Transfer>& transfer, Lane::Turn& turn);
  Result<void> fetch(Transfer& transfer, Lane::Turn& turn);
  enum class Ended : std::uint8_t { kAll, kShort, kBrokeOff };
  Result<Ended> fetch_once(Transfer& transfer, Lane::Turn& turn);
  void take_known(Transfer& transfer);
  bool awaited_else_unwritten(std::uint64_t index, const Chunk& chunk);
  void written(std::uint64_t first, std::uint64_t count);
  void land(Transfer* transfer, std::uint64_t index, const Chunk& chunk);
  void finish(const std::shared_ptr<Transfer>& transfer, const Result<void>& result);
  bool hold_refused(const Transfer& transfer, const Error& error);
  void renewed(const std::optional<std::string>& url);

  const std::shared_ptr<ContentParts> parts_;
  const About about_;
  const std::uint64_t chunks_;
  const std::string server_;  // whom its transfers ask
  const std::function<void(const Error&)> on_stale_;
  const Renew renew_;
  Guarded<State> state_;
};

}  // namespace esofs::cache
