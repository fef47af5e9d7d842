// CancelSlot: holds the Cancel of the question that is open, for an operation that asks several in turn.
//
// The three things that race: the question is answered (perhaps before its Cancel is known), the next one begins, and the
// asker of the whole cancels. A Cancel that comes too late for its question is dropped; if the asker has cancelled before
// the question's Cancel was known, it is called as soon as it is.
//
//   const auto question = slot->begin();
//   slot->hold(question, ask(..., [slot](Result<T> answer) {
//     const Cancel ended = slot->end();
//     ...
//   }));
//
//   threads  thread-safe. Cancels are called and destroyed with no lock held
#pragma once

#include <cstdint>

#include "client/base/ask.h"
#include "client/base/guarded.h"

namespace esofs {

class CancelSlot {
 public:
  using Question = std::uint64_t;

  // A question is about to be asked. REQUIRES: the one before has ended.
  Question begin();
  // `cancel` ends the question. Empty: it has been answered already.
  void hold(Question question, Cancel cancel);
  // The question has been answered: there is nothing to cancel until the next begins. Returns what would have cancelled it,
  // which may hold the continuation that runs: to be kept until that ends.
  [[nodiscard]] Cancel end();
  // Whether there is anything to cancel.
  bool open();
  // The asker no longer waits. Questions that begin later are cancelled too.
  void cancel();

 private:
  struct State {
    Question last = 0;
    bool open = false;
    bool cancelled = false;
    Cancel cancel;  // of the question that is open, if it is known
  };
  Guarded<State> state_;
};

}  // namespace esofs
