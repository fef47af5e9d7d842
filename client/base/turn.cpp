#include "client/base/turn.h"

#include <cerrno>

#include "client/base/pause.h"

namespace esofs {

Result<void> Turn::pause(std::chrono::milliseconds time) {
  const Waiting waiting(*this);
  if (!esofs::pause(time, stop_)) return Error(EINTR, "stopped");
  return {};
}

Turn::Waiting::Waiting(Turn& turn) : turn_(turn) {
  if (turn_.waits_++ == 0 && turn_.count_) turn_.count_(1);
}

Turn::Waiting::~Waiting() {
  if (--turn_.waits_ == 0 && turn_.count_) turn_.count_(-1);
}

}  // namespace esofs
