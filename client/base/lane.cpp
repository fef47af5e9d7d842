#include "client/base/lane.h"

#include <pthread.h>

#include <utility>

namespace esofs {

Lane::Lane(std::string name, int width, int most_threads)
    : name_(std::move(name)), width_(width), most_threads_(most_threads > 0 ? most_threads : 4 * width) {}

Lane::~Lane() {
  std::vector<std::jthread> threads;
  std::deque<Job> left;
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  stop_.request_stop();
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      threads.swap(threads_);
      left.swap(queue_);
    }
    if (threads.empty() && left.empty()) break;
    ready_.notify_all();
    threads.clear();  // joins
    Turn turn(stop_.get_token());
    for (auto& job : left) job(turn);
    left.clear();
  }
}

void Lane::submit(Job job) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(job));
  if (!ending_) start_thread_if_needed();
  ready_.notify_one();
}

Lane::Load Lane::load() const {
  const std::lock_guard lock(mutex_);
  return {queue_.size(), running_, waiting_};
}

bool Lane::may_start() const { return !queue_.empty() && running_ - waiting_ < width_; }

void Lane::start_thread_if_needed() {
  if (!may_start() || idle_ > 0 || static_cast<int>(threads_.size()) >= most_threads_) return;
  threads_.emplace_back([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    run(stop_.get_token());
  });
}

void Lane::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    ready_.wait(lock, [this] { return ending_ || may_start(); });
    --idle_;
    if (ending_) return;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    start_thread_if_needed();
    lock.unlock();
    {
      Turn turn(stop, this);
      job(turn);
      turn.moving();
    }
    job = nullptr;  // what the job holds may end here, with no lock held
    lock.lock();
    --running_;
    ready_.notify_one();
  }
}

void Lane::count_waiting(int change) {
  const std::lock_guard lock(mutex_);
  waiting_ += change;
  if (change > 0 && !ending_) {
    start_thread_if_needed();
    ready_.notify_one();
  }
}

void Lane::Turn::waiting() {
  if (lane_ == nullptr || std::exchange(waits_, true)) return;
  lane_->count_waiting(1);
}

void Lane::Turn::moving() {
  if (lane_ == nullptr || !std::exchange(waits_, false)) return;
  lane_->count_waiting(-1);
}

}  // namespace esofs
