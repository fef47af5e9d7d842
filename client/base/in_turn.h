// in_turn(): two questions of which the second needs the answer to the first, as one question with one Cancel.
//
//   threads  as client/base/ask.h says
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "client/base/ask.h"
#include "client/base/cancel_slot.h"

namespace esofs {

// Asks `first`, then `second` with its answer; a failure of either is the answer.
template <class A, class B>
Cancel in_turn(const std::function<Cancel(Done<A>)>& first, std::function<Cancel(A, Done<B>)> second,
               Done<B> done) {
  auto slot = std::make_shared<CancelSlot>();
  const auto question = slot->begin();
  Cancel cancel =
      first(AskedBy(done.cause(), [slot, second = std::move(second), done = done.take()](Result<A> answer) {
        const Cancel ended = slot->end();
        if (!answer) return done(answer.error());
        const auto next = slot->begin();
        slot->hold(next, second(*std::move(answer), done));
      }));
  slot->hold(question, std::move(cancel));
  if (!slot->open()) return {};
  return [slot] { slot->cancel(); };
}

}  // namespace esofs
