// Waiters<Key, T>: single flight whose askers can leave.
//
// join() asks the first asker of a key to start the work; the others only leave a continuation. Each gets what the work lands
// with, or EINTR if it is cancelled first, exactly once and with no lock held. The work continues when all its askers have
// left: its result is kept by the code that runs it. Thread-safe; a Cancel may outlive the Waiters.
#pragma once

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/base/ask.h"
#include "client/base/guarded.h"

namespace esofs::cache {

template <class Key, class T>
class Waiters {
 public:
  struct Joined {
    bool first;  // the caller must see to it that land(key, ...) is called, once
    Cancel cancel;
  };

  [[nodiscard]] Joined join(const Key& key, Done<T> done) {
    auto asker = std::make_shared<Asker>(Asker{std::move(done)});
    auto flights = flights_->lock();
    const auto [flight, first] = flights->try_emplace(key);
    flight->second.push_back(asker);
    return {first, [flights = flights_, key, asker] { leave(*flights, key, asker); }};
  }

  // Work that nobody waits for (a refresh in the background). True: as Joined::first.
  [[nodiscard]] bool begin(const Key& key) { return flights_->lock()->try_emplace(key).second; }

  // REQUIRES: a join() or begin() of this key has asked to start the work, and no land() has followed it.
  void land(const Key& key, const Result<T>& result) {
    auto flight = flights_->lock()->extract(key);
    for (const auto& asker : flight.mapped()) asker->done(result);
  }

  // Ends a flight that nobody waits for. False: somebody does, and the work must still land.
  [[nodiscard]] bool drop_unwanted(const Key& key) {
    auto flights = flights_->lock();
    const auto flight = flights->find(key);
    if (flight != flights->end() && !flight->second.empty()) return false;
    if (flight != flights->end()) flights->erase(flight);
    return true;
  }

  bool flying(const Key& key) const { return flights_->lock()->count(key) != 0; }

  // Askers that still wait; 0 also if there is no flight.
  std::size_t waiting(const Key& key) const {
    auto flights = flights_->lock();
    const auto flight = flights->find(key);
    return flight == flights->end() ? 0 : flight->second.size();
  }

 private:
  struct Asker {
    Done<T> done;
  };
  using Flights = Guarded<std::unordered_map<Key, std::vector<std::shared_ptr<Asker>>>>;

  static void leave(Flights& guarded, const Key& key, const std::shared_ptr<Asker>& asker) {
    {
      auto flights = guarded.lock();
      const auto flight = flights->find(key);
      if (flight == flights->end()) return;
      auto& askers = flight->second;
      const auto place = std::find(askers.begin(), askers.end(), asker);
      if (place == askers.end()) return;
      askers.erase(place);
    }
    asker->done(Error(EINTR, "interrupted"));
  }

  std::shared_ptr<Flights> flights_ = std::make_shared<Flights>();
};

}  // namespace esofs::cache
