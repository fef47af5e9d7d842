// in_turn(): two questions of which the second needs the answer to the first, as one question with one Cancel.
//
//   threads  as client/base/ask.h says
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "client/base/ask.h"
#include "client/base/guarded.h"

namespace esofs {

// Asks `first`, then `second` with its answer; a failure of either is the answer.
template <class A, class B>
Cancel in_turn(const std::function<Cancel(Done<A>)>& first, std::function<Cancel(A, Done<B>)> second,
               Done<B> done) {
  struct State {
    Cancel cancel;          // of the question that is open
    bool answered = false;  // the first one
    bool over = false;      // there is nothing left to cancel
    bool cancelled = false;
  };
  auto state = std::make_shared<Guarded<State>>();
  Cancel cancel_first = first([state, second = std::move(second), done = std::move(done)](Result<A> answer) {
    Cancel ended;  // it may hold this continuation, and so the state
    {
      auto locked = state->lock();
      locked->answered = true;
      locked->over = !answer;
      ended = std::exchange(locked->cancel, nullptr);
    }
    if (!answer) return done(answer.error());
    Cancel cancel = second(*std::move(answer), done);
    bool cancelled = false;
    {
      auto locked = state->lock();
      locked->cancel = cancel;
      locked->over = !cancel;
      cancelled = locked->cancelled;
    }
    if (cancelled && cancel) cancel();
  });
  {
    auto locked = state->lock();
    if (!locked->answered) locked->cancel = std::move(cancel_first);
    if (locked->over) return {};
  }
  return [state] {
    Cancel cancel;
    {
      auto locked = state->lock();
      locked->cancelled = true;
      cancel = locked->cancel;
    }
    if (cancel) cancel();
  };
}

}  // namespace esofs
