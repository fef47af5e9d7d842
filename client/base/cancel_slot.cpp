#include "client/base/cancel_slot.h"

#include <utility>

namespace esofs {

CancelSlot::Question CancelSlot::begin() {
  auto state = state_.lock();
  state->open = true;
  return ++state->last;
}

void CancelSlot::hold(Question question, Cancel cancel) {
  bool cancelled = false;
  {
    auto state = state_.lock();
    if (!state->open || state->last != question) return;
    state->open = static_cast<bool>(cancel);
    state->cancel = cancel;
    cancelled = state->cancelled;
  }
  if (cancelled && cancel) cancel();
}

Cancel CancelSlot::end() {
  auto state = state_.lock();
  state->open = false;
  return std::exchange(state->cancel, nullptr);
}

bool CancelSlot::open() { return state_.lock()->open; }

void CancelSlot::cancel() {
  Cancel cancel;
  {
    auto state = state_.lock();
    state->cancelled = true;
    cancel = state->cancel;
  }
  if (cancel) cancel();
}

}  // namespace esofs
