// SingleFlight<Key, Value>: many askers, one piece of work, one answer each.
//
// The first asker of a key is told so and starts the work; the others only leave a continuation. When
// the work lands, every continuation runs once, on the landing thread, outside the lock (so it may ask
// again). Thread-safe.
#pragma once

#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/base/guarded.h"

namespace esofs {

template <class Key, class Value>
class SingleFlight {
 public:
  using Ready = std::function<void(const Value&)>;

  // Returns true to the first asker of a key: it must see to it that land(key, ...) is called, once.
  [[nodiscard]] bool join(const Key& key, Ready ready) {
    auto waiting = waiting_.lock();
    auto& askers = (*waiting)[key];
    askers.push_back(std::move(ready));
    return askers.size() == 1;
  }

  // REQUIRES: a join() of this key has returned true and no land() has followed it.
  void land(const Key& key, const Value& value) {
    std::vector<Ready> askers = std::move(waiting_.lock()->extract(key).mapped());
    for (auto& ready : askers) ready(value);
  }

 private:
  Guarded<std::unordered_map<Key, std::vector<Ready>>> waiting_;
};

}  // namespace esofs
