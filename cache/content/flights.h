// Flights: opens under way. All openers of a file at one time wait for one flight; each is answered once.
//
//   shapes   a flight is found by its key: the file and the login. An attempt is one request to the archive for the flight; a
//            flight has one at a time, but may have several one after the other
//   errors   EINTR to an opener that is cancelled
//   threads  thread-safe; answers are given without locks. A Cancel may outlive the Flights
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "cache/content/content.h"
#include "cache/content/file_record.h"
#include "client/base/ask.h"
#include "client/base/guarded.h"

namespace esofs::cache {

// A file as delivered, open.
struct Delivered {
  std::shared_ptr<Content> content;
  FileRecord record;
};

// One attempt to open a file.
struct Attempt {
  Attempt(std::string the_flight, const Cause& by) : flight(std::move(the_flight)), cause(by) {}

  const std::string flight;
  const Cause cause;      // of the first who asked
  std::stop_source stop;  // ends the request and its transfer
  std::atomic<std::int64_t> alive_at =
      0;  // when it was sent or its last bytes came, seconds since 1970; 0: not sent yet
};
using AttemptPtr = std::shared_ptr<Attempt>;

class Flights {
 public:
  // What happens to a request that nobody waits for.
  enum class Unwanted : std::uint8_t {
    kGoesOn,  // its result is kept; but later openers do not wait for one that hangs
    kStops    // it costs the archive more than a file (a cutout)
  };
  struct Joined {
    AttemptPtr begin;  // to be begun by the caller; null: one is under way
    Cancel cancel;
  };
  // now: seconds since 1970.
  [[nodiscard]] Joined join(const std::string& key, Unwanted unwanted, std::int64_t now,
                            Done<Delivered> done);

  // False: another attempt took its place, or its flight has landed. Nobody waits for its result.
  bool current(const Attempt& attempt) const;
  // The attempt was stopped before it had the file. Returns another one, to be begun by the caller, if somebody waits.
  [[nodiscard]] AttemptPtr stopped(const Attempt& attempt);
  // Answers all that wait. Does nothing if the attempt is not current.
  void land(const Attempt& attempt, const Result<Delivered>& result);

 private:
  struct Asker {
    Done<Delivered> done;
  };
  struct Flight {
    AttemptPtr attempt;
    std::vector<std::shared_ptr<Asker>> askers;
    Unwanted unwanted = Unwanted::kGoesOn;
    std::int64_t patience =
        1;  // seconds without a sign of life after which an attempt that nobody waits for hangs
  };
  using Map = Guarded<std::map<std::string, Flight>>;

  static void leave(Map& map, const std::string& key, const std::shared_ptr<Asker>& asker);

  const std::shared_ptr<Map> flights_ = std::make_shared<Map>();
};

}  // namespace esofs::cache
