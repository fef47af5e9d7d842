#include "fs/kernel/pending_requests.h"

#include <utility>
#include <vector>

namespace esofs::fs {

void PendingRequests::add(Request request) {
  const std::scoped_lock lock(mutex_);
  Waiting& waiting = waiting_[request];
  waiting = {};
  waiting.number = ++last_;
}

std::uint64_t PendingRequests::number(Request request) const {
  const std::scoped_lock lock(mutex_);
  const auto waiting = waiting_.find(request);
  return waiting == waiting_.end() ? 0 : waiting->second.number;
}

void PendingRequests::set_cancel(Request request, std::uint64_t number, Cancel cancel) {
  if (!cancel) return;
  {
    const std::scoped_lock lock(mutex_);
    const auto waiting = waiting_.find(request);
    if (waiting == waiting_.end() || waiting->second.number != number) return;
    if (!waiting->second.interrupted) {
      waiting->second.cancel = std::move(cancel);
      return;
    }
  }
  run_soon(std::move(cancel));
}

bool PendingRequests::claim(Request request) {
  Cancel gone;  // dies after the lock is released
  const std::scoped_lock lock(mutex_);
  const auto waiting = waiting_.find(request);
  if (waiting == waiting_.end()) return false;
  gone = std::move(waiting->second.cancel);
  waiting_.erase(waiting);
  changed_.notify_all();
  if (!closed_) ++answering_;
  return !closed_;
}

void PendingRequests::answered() {
  const std::scoped_lock lock(mutex_);
  --answering_;
  changed_.notify_all();
}

void PendingRequests::interrupt(Request request) {
  Cancel cancel;
  {
    const std::scoped_lock lock(mutex_);
    const auto waiting = waiting_.find(request);
    if (waiting == waiting_.end()) return;
    waiting->second.interrupted = true;
    cancel = waiting->second.cancel;
  }
  if (cancel) run_soon(std::move(cancel));
}

void PendingRequests::run_soon(Cancel cancel) {
  timer_.after(std::chrono::milliseconds(0), std::move(cancel));
}

std::size_t PendingRequests::end_all(std::chrono::milliseconds patience) {
  std::vector<Cancel> cancels;
  {
    const std::scoped_lock lock(mutex_);
    for (auto& [request, waiting] : waiting_) {
      waiting.interrupted = true;
      if (waiting.cancel) cancels.push_back(waiting.cancel);
    }
  }
  for (const Cancel& cancel : cancels) cancel();
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return waiting_.empty() && answering_ == 0; });
  closed_ = true;
  return waiting_.size();
}

void PendingRequests::wait_answered() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return answering_ == 0; });
}

std::size_t PendingRequests::size() const {
  const std::scoped_lock lock(mutex_);
  return waiting_.size();
}

}  // namespace esofs::fs
