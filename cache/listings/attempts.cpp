#include "cache/listings/attempts.h"

#include <spdlog/spdlog.h>

#include "cache/listings/listing_keys.h"

namespace esofs::cache {

AttemptRecord Attempts::read(const QueryKey& query) {
  if (const auto found = unwritten_.find(query); found != unwritten_.end()) return found->second;
  auto bytes = store_.get(Shelf::kListings, attempt_key(query.text()));
  if (!bytes || !*bytes) return {};
  return decode<AttemptRecord>(**bytes).value_or(AttemptRecord());
}

AttemptRecord Attempts::get(const QueryKey& query) {
  const std::lock_guard lock(mutex_);
  return read(query);
}

void Attempts::update(const QueryKey& query, const std::function<void(AttemptRecord&)>& change) {
  const std::lock_guard lock(mutex_);
  AttemptRecord record = read(query);
  change(record);
  if (auto put = store_.put(Shelf::kListings, attempt_key(query.text()), encode(record)); put) {
    unwritten_.erase(query);
  } else {
    spdlog::warn("the state of a query is kept in memory only: {}", put.error().what());
    unwritten_.insert_or_assign(query, std::move(record));
  }
}

void Attempts::erase(const QueryKey& query) {
  const std::lock_guard lock(mutex_);
  unwritten_.erase(query);
  if (auto erased = store_.erase(Shelf::kListings, attempt_key(query.text())); !erased)
    spdlog::warn("the state of a query stays: {}", erased.error().what());
}

void Attempts::written(const QueryKey& query) {
  const std::lock_guard lock(mutex_);
  unwritten_.erase(query);
}

}  // namespace esofs::cache
