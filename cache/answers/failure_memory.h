// FailureMemory<Key>: remembers failures for some seconds, so that the same is not asked again and again.
//
//   threads  thread-safe
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "client/base/guarded.h"
#include "client/base/result.h"

namespace esofs::cache {

// Whether what happened at `then` is younger than `age`. Nothing is if the clock was set back.
inline bool recent(std::int64_t then, std::int64_t now, std::chrono::seconds age) {
  return now >= then && now - then < age.count();
}

template <class Key>
class FailureMemory {
 public:
  // duration: how long a failure is remembered.
  explicit FailureMemory(std::chrono::seconds duration) : duration_(duration) {}

  // now: seconds since 1970, here and below.
  void remember(const Key& key, Error error, std::int64_t now) {
    auto failures = failures_.lock();
    if (failures->size() >= kMost) failures->clear();
    failures->insert_or_assign(key, Failure{std::move(error), now});
  }

  // The failure; nullopt if there is none or it is too old.
  std::optional<Error> recall(const Key& key, std::int64_t now) {
    auto failures = failures_.lock();
    const auto found = failures->find(key);
    if (found == failures->end()) return std::nullopt;
    if (recent(found->second.at, now, duration_)) return found->second.error;
    failures->erase(found);
    return std::nullopt;
  }

  void forget(const Key& key) { failures_.lock()->erase(key); }

 private:
  static constexpr std::size_t kMost = 4096;
  struct Failure {
    Error error;
    std::int64_t at;
  };

  const std::chrono::seconds duration_;
  Guarded<std::unordered_map<Key, Failure>> failures_;
};

}  // namespace esofs::cache
