// Flights<T>: questions under way whose askers can leave, and that are asked again if they hang. All who ask the same at one
// time wait for one flight; each is answered once.
//
//   shapes   an attempt is a request for a flight. A flight may have several, one after the other or (Unwanted::kRaces) beside
//            each other
//   errors   EINTR to an asker who leaves
//   threads  thread-safe; answers are given without locks. A Cancel may outlive the Flights
#pragma once

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "cache/answers/patience.h"
#include "client/base/ask.h"
#include "client/base/cancel_slot.h"
#include "client/base/guarded.h"

namespace esofs::cache {

struct Attempt {
  Attempt(std::string the_flight, const Cause& by) : flight(std::move(the_flight)), cause(by) {}

  const std::string flight;
  const Cause cause;      // of the first who asked
  std::stop_source stop;  // ends what the attempt has begun
  // When it was sent or its last bytes came, seconds since 1970; 0: not sent yet.
  std::atomic<std::int64_t> alive_at = 0;
  CancelSlot question;  // asked of others; left when the attempt is stopped
  Patience patience;    // of those who join it after the last one has left

 private:
  std::stop_callback<std::function<void()>> leaves_{stop.get_token(), [this] { question.cancel(); }};
};
using AttemptPtr = std::shared_ptr<Attempt>;

// What becomes of a request that nobody waits for.
enum class Unwanted : std::uint8_t {
  kGoesOn,  // what it learns is kept; but an asker who comes later does not wait for one that hangs
  kStops,   // it costs the archive more than a file does (a cutout)
  // As kGoesOn, but one that seems to hang may only be slow: it continues beside the next attempt, and the first answer counts.
  kRaces
};

template <class T>
class Flights {
 public:
  struct Joined {
    AttemptPtr begin;  // to be begun by the caller; null: one is under way
    Cancel cancel;
  };

  // now: seconds since 1970.
  [[nodiscard]] Joined join(const std::string& key, Unwanted unwanted, std::int64_t now, Done<T> done) {
    auto asker = std::make_shared<Asker>(Asker{std::move(done)});
    AttemptPtr begin;
    AttemptPtr hung;
    {
      auto flights = flights_->lock();
      const auto [at, fresh] = flights->try_emplace(key);
      Flight& flight = at->second;
      // Programs that are interrupted by a timer ask again and again: each new attempt has twice the time of the one before.
      // What it has asked of others may hang as well, and those others see only that it still waits: it asks them again, once.
      const bool back = !fresh && flight.askers.empty();
      const bool asks_again =
          back && flight.attempt->question.open() && !std::exchange(flight.asked_again, true);
      // Who comes first to a flight that was begun for nobody has not come back.
      const bool waited_for = std::exchange(flight.waited_for, true);
      const bool hangs = asks_again || (back && waited_for && silent(*flight.attempt, flight.patience, now));
      if (hangs) flight.patience *= 2;
      if (back && !hangs) flight.attempt->patience.came_back();
      if (hangs && unwanted == Unwanted::kRaces) {
        flight.older.push_back(flight.attempt);
      } else if (hangs) {
        hung = flight.attempt;
      }
      if (fresh || hangs) {
        begin = std::make_shared<Attempt>(key, asker->done.cause());
        flight.attempt = begin;
        flight.unwanted = unwanted;
      }
      flight.askers.push_back(asker);
    }
    if (hung) hung->stop.request_stop();
    return {begin, [map = flights_, key, asker] { leave(*map, key, asker); }};
  }

  // Begins a flight for which nobody waits yet; null if one of that key is under way.
  [[nodiscard]] AttemptPtr begin(const std::string& key, Unwanted unwanted, const Cause& cause) {
    auto flights = flights_->lock();
    const auto [at, fresh] = flights->try_emplace(key);
    if (!fresh) return nullptr;
    at->second.attempt = std::make_shared<Attempt>(key, cause);
    at->second.unwanted = unwanted;
    return at->second.attempt;
  }

  // False: another attempt took its place, or its flight has landed. What it brings is nobody's.
  bool current(const Attempt& attempt) const {
    auto flights = flights_->lock();
    return is_current(*flights, attempt);
  }

  // The attempt was stopped before it had an answer. Returns another one, to be begun by the caller, if somebody waits.
  [[nodiscard]] AttemptPtr stopped(const Attempt& attempt) {
    auto flights = flights_->lock();
    if (!is_current(*flights, attempt)) return nullptr;
    const auto flight = flights->find(attempt.flight);
    if (flight->second.askers.empty()) {
      flights->erase(flight);
      return nullptr;
    }
    flight->second.attempt =
        std::make_shared<Attempt>(attempt.flight, flight->second.askers.front()->done.cause());
    return flight->second.attempt;
  }

  // Answers all who wait, and stops the other attempts. Does nothing if the attempt is not current, nor if it has failed and a
  // later one is under way.
  void land(const Attempt& attempt, const Result<T>& result) {
    Flight landed;
    {
      auto flights = flights_->lock();
      const auto flight = flights->find(attempt.flight);
      if (flight == flights->end()) return;
      const auto is_this = [&attempt](const AttemptPtr& one) { return one.get() == &attempt; };
      const bool older = std::erase_if(flight->second.older, is_this) > 0;
      if (older ? !result : !is_this(flight->second.attempt)) return;
      landed = std::move(flights->extract(flight).mapped());
    }
    if (landed.attempt.get() != &attempt) landed.attempt->stop.request_stop();
    for (const auto& other : landed.older) other->stop.request_stop();
    for (const auto& asker : landed.askers) asker->done(result);
  }

 private:
  struct Asker {
    Done<T> done;
  };
  struct Flight {
    AttemptPtr attempt;             // the latest
    std::vector<AttemptPtr> older;  // that race with it
    std::vector<std::shared_ptr<Asker>> askers;
    Unwanted unwanted = Unwanted::kGoesOn;
    bool waited_for = false;  // by somebody, now or before
    bool asked_again = false;
    std::int64_t patience = 1;  // seconds without a sign of life, then an attempt that nobody waits for hangs
  };
  using Map = std::map<std::string, Flight>;

  static bool silent(const Attempt& attempt, std::int64_t patience, std::int64_t now) {
    const std::int64_t alive_at = attempt.alive_at;
    return alive_at > 0 && now - alive_at >= patience;
  }

  static bool is_current(const Map& flights, const Attempt& attempt) {
    const auto flight = flights.find(attempt.flight);
    return flight != flights.end() && flight->second.attempt.get() == &attempt;
  }

  static void leave(Guarded<Map>& map, const std::string& key, const std::shared_ptr<Asker>& asker) {
    AttemptPtr unwanted;
    {
      auto flights = map.lock();
      const auto flight = flights->find(key);
      if (flight == flights->end()) return;
      auto& askers = flight->second.askers;
      const auto place = std::find(askers.begin(), askers.end(), asker);
      if (place == askers.end()) return;
      askers.erase(place);
      if (askers.empty() && flight->second.unwanted == Unwanted::kStops) unwanted = flight->second.attempt;
    }
    if (unwanted) unwanted->stop.request_stop();
    asker->done(Error(EINTR, "interrupted"));
  }

  const std::shared_ptr<Guarded<Map>> flights_ = std::make_shared<Guarded<Map>>();
};

}  // namespace esofs::cache
