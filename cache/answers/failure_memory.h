// FailureMemory<Key>: remembers failures for some seconds, so that a failing request is not repeated all the time.
//
//   threads  none: its owner guards it
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <utility>

#include "client/base/clock.h"
#include "client/base/descriptors.h"
#include "client/base/result.h"

namespace esofs::cache {

template <class Key>
class FailureMemory {
 public:
  // duration: how long a failure is remembered.
  explicit FailureMemory(std::chrono::seconds duration) : duration_(duration) {}

  // now: seconds since 1970, here and below. That no file descriptor was left is not
  // remembered: it says nothing of what was asked, and passes in a moment.
  void remember(const Key& key, Error error, std::int64_t now) {
    if (out_of_descriptors(error.code())) return;
    if (failures_.size() >= kMost) failures_.clear();
    failures_.insert_or_assign(key, Failure{std::move(error), now});
  }

  // The failure; nullopt if there is none or it is too old.
  std::optional<Error> recall(const Key& key, std::int64_t now) {
    const auto found = failures_.find(key);
    if (found == failures_.end()) return std::nullopt;
    if (recent(found->second.at, now, duration_)) return found->second.error;
    failures_.erase(found);
    return std::nullopt;
  }

  void forget(const Key& key) { failures_.erase(key); }

 private:
  static constexpr std::size_t kMost = 4096;
  struct Failure {
    Error error;
    std::int64_t at;
  };

  std::chrono::seconds duration_;
  std::unordered_map<Key, Failure> failures_;
};

}  // namespace esofs::cache
