// Asker: somebody who waits for an answer and is given one once, by whoever comes first: the answer, a failure, or a Cancel.
//
//   threads  thread-safe; answer() runs the continuation without locks
#pragma once

#include <optional>
#include <utility>

#include "client/base/ask.h"
#include "client/base/guarded.h"
#include "client/base/result.h"

namespace esofs {

template <class T>
class Asker {
 public:
  explicit Asker(Done<T> done) : done_(std::move(done)) {}

  bool answered() { return !done_.lock()->has_value(); }
  // nullopt: it was answered.
  std::optional<Done<T>> take() { return std::exchange(*done_.lock(), std::nullopt); }
  // Does nothing if it was answered.
  void answer(Result<T> result) {
    if (const auto waiting = take()) (*waiting)(std::move(result));
  }

 private:
  Guarded<std::optional<Done<T>>> done_;
};

}  // namespace esofs
