#include "cache/content/flights.h"

#include <algorithm>
#include <cerrno>
#include <utility>

namespace esofs::cache {
namespace {

bool hangs(const Attempt& attempt, std::int64_t patience, std::int64_t now) {
  const std::int64_t alive_at = attempt.alive_at;
  return alive_at > 0 && now - alive_at >= patience;
}

}  // namespace

Flights::Joined Flights::join(const std::string& key, Unwanted unwanted, std::int64_t now,
                              Done<Delivered> done) {
  auto asker = std::make_shared<Asker>(Asker{std::move(done)});
  AttemptPtr begin;
  AttemptPtr hung;
  {
    auto flights = flights_->lock();
    const auto [at, fresh] = flights->try_emplace(key);
    Flight& flight = at->second;
    // Programs that are interrupted by a timer open again and again: each new attempt has twice the time of the one before.
    if (!fresh && flight.askers.empty() && hangs(*flight.attempt, flight.patience, now)) {
      hung = flight.attempt;
      flight.patience *= 2;
    }
    if (fresh || hung) {
      begin = std::make_shared<Attempt>(key, asker->done.cause());
      flight.attempt = begin;
      flight.unwanted = unwanted;
    }
    flight.askers.push_back(asker);
  }
  if (hung) hung->stop.request_stop();
  return {begin, [map = flights_, key, asker] { leave(*map, key, asker); }};
}

void Flights::leave(Map& map, const std::string& key, const std::shared_ptr<Asker>& asker) {
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

bool Flights::current(const Attempt& attempt) const {
  auto flights = flights_->lock();
  const auto flight = flights->find(attempt.flight);
  return flight != flights->end() && flight->second.attempt.get() == &attempt;
}

AttemptPtr Flights::stopped(const Attempt& attempt) {
  auto flights = flights_->lock();
  const auto flight = flights->find(attempt.flight);
  if (flight == flights->end() || flight->second.attempt.get() != &attempt) return nullptr;
  if (flight->second.askers.empty()) {
    flights->erase(flight);
    return nullptr;
  }
  flight->second.attempt =
      std::make_shared<Attempt>(attempt.flight, flight->second.askers.front()->done.cause());
  return flight->second.attempt;
}

void Flights::land(const Attempt& attempt, const Result<Delivered>& result) {
  std::vector<std::shared_ptr<Asker>> askers;
  {
    auto flights = flights_->lock();
    const auto flight = flights->find(attempt.flight);
    if (flight == flights->end() || flight->second.attempt.get() != &attempt) return;
    askers.swap(flight->second.askers);
    flights->erase(flight);
  }
  for (const auto& asker : askers) asker->done(result);
}

}  // namespace esofs::cache
