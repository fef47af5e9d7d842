// Cancel: how the asker of an asynchronous answer says that it no longer waits (a FUSE interrupt, a closed handle).
//
// Every asynchronous operation of esofs has the form
//     Cancel operation(arguments..., Done done);
// and promises: done runs exactly once, with no lock held, on the calling thread (before the operation returns)
// or on a lane thread. Calling the Cancel makes done run with EINTR soon, from the cancelling thread, if it
// has not run yet; else it does nothing. It may be called from any thread, more than once, or never; an empty
// Cancel means that done has run already. Work that nobody waits for any more may be stopped.
//
// A Done knows for which program the answer is (client/base/cause.h). Whoever asks another question to answer one passes that
// on:
//     return ask(arguments..., AskedBy(done.cause(), [done = done.take()](Result<T> answer) { ... }));
#pragma once

#include <concepts>
#include <cstddef>
#include <functional>
#include <type_traits>
#include <utility>

#include "client/base/cause.h"
#include "client/base/result.h"

namespace esofs {

using Cancel = std::function<void()>;

// A continuation with the cause of its question; becomes a Done.
template <class Function>
struct AskedBy {
  AskedBy(const Cause& by, Function function) : cause(by), then(std::move(function)) {}
  Cause cause;
  Function then;
};

template <class T>
class Done {
 public:
  Done() = default;
  Done(std::nullptr_t) {}  // NOLINT(google-explicit-constructor): as std::function
  // A continuation of nobody in particular.
  template <class Function>
  requires(!std::same_as<Function, Done> && std::is_invocable_v<Function&, Result<T>>)
      Done(Function then)  // NOLINT(google-explicit-constructor): as std::function
      : then_(std::move(then)) {}
  template <class Function>
  Done(AskedBy<Function> asked)  // NOLINT(google-explicit-constructor): as std::function
      : then_(std::move(asked.then)), cause_(asked.cause) {}

  void operator()(Result<T> result) const { then_(std::move(result)); }
  explicit operator bool() const noexcept { return static_cast<bool>(then_); }

  // For which program the answer is.
  const Cause& cause() const noexcept { return cause_; }
  // Moves the continuation out. What is left knows the cause still.
  Done take() noexcept {
    Done taken;
    taken.then_.swap(then_);
    taken.cause_ = cause_;
    return taken;
  }

 private:
  std::function<void(Result<T>)> then_;
  Cause cause_;
};

}  // namespace esofs
