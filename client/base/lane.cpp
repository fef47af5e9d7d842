#include "client/base/lane.h"

#include <pthread.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace esofs {
namespace {

constexpr pid_t kAheadLine = -1;

}  // namespace

Lane::Lane(std::string name, int width, int most_threads, int share)
    : name_(std::move(name)),
      width_(width),
      most_threads_(most_threads > 0 ? most_threads : 16 * width),
      share_(share > 0 ? share : std::max(1, most_threads_ * 3 / 4)) {
  start_thread();
}

Lane::~Lane() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  stop_.request_stop();
  for (;;) {
    std::list<std::jthread> threads;
    std::list<std::jthread> ended;
    std::vector<Queued> left;
    {
      const std::lock_guard lock(mutex_);
      threads.swap(threads_);
      ended.swap(ended_);
      for (const auto& [kind, line] : turns_) {
        auto& queue = line->second.queue;
        std::move(queue.begin(), queue.end(), std::back_inserter(left));
        queue.clear();
      }
      turns_.clear();
    }
    if (threads.empty() && left.empty()) break;
    ready_.notify_all();
    threads.clear();  // joins
    for (auto& [job, cause] : left) {
      Turn turn(stop_.get_token(), cause);
      job(turn);
    }
  }
}

void Lane::submit(Job job, const std::string& kind, const Cause& cause) {
  const Cause named = cause.named();
  const std::lock_guard lock(mutex_);
  const auto of = kinds_.try_emplace(kind).first;
  const pid_t asker = named.operation == Operation::kAhead ? kAheadLine : named.pid;
  const auto line = of->second.lines.try_emplace(asker).first;
  if (line->second.queue.empty()) turns_.push_back({of, line});
  line->second.queue.push_back({std::move(job), named});
  if (!ending_) start_thread_if_needed();
  ready_.notify_one();
}

Lane::Load Lane::load() const {
  const std::lock_guard lock(mutex_);
  std::size_t queued = 0;
  for (const auto& place : turns_) queued += place.line->second.queue.size();
  return {queued, running_, waiting_, threads_.size()};
}

bool Lane::may_start() const {
  if (running_ - waiting_ >= width_) return false;
  return std::any_of(turns_.begin(), turns_.end(),
                     [this](const Place& place) { return within_share(place); });
}

bool Lane::within_share(const Place& place) const {
  return place.kind->first.empty() || place.kind->second.waiting < share_;
}

Lane::Place Lane::take_turn() {
  auto best = turns_.end();
  std::pair<int, int> fewest;
  for (auto at = turns_.begin(); at != turns_.end(); ++at) {
    const Line& line = at->line->second;
    const Kind& kind = at->kind->second;
    const std::pair moving(line.running - line.waiting, kind.running - kind.waiting);
    if (!within_share(*at) || (best != turns_.end() && moving >= fewest)) continue;
    best = at;
    fewest = moving;
  }
  const Place place = *best;
  turns_.erase(best);
  return place;
}

void Lane::end_turn(const Place& place) {
  --place.kind->second.running;
  Lines& lines = place.kind->second.lines;
  if (--place.line->second.running == 0 && place.line->second.queue.empty()) lines.erase(place.line);
  if (lines.empty()) kinds_.erase(place.kind);
}

void Lane::start_thread_if_needed() {
  if (!may_start() || idle_ > 0 || static_cast<int>(threads_.size()) >= most_threads_) return;
  try {
    start_thread();
  } catch (const std::system_error&) {
    // No more are to be had: those that are here take the job when they can.
  }
}

void Lane::start_thread() {
  ended_.clear();  // joins; they hold no lock
  threads_.emplace_front();
  try {
    threads_.front() = std::jthread([this, self = threads_.begin()] {
      pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
      run(stop_.get_token(), self);
    });
  } catch (const std::system_error&) {
    threads_.pop_front();
    throw;
  }
}

void Lane::run(const std::stop_token& stop, std::list<std::jthread>::iterator self) {
  std::unique_lock lock(mutex_);
  for (;;) {
    if (!ending_ && idle_ >= width_ && !may_start()) {  // they were many while a server was silent
      ended_.splice(ended_.begin(), threads_, self);
      return;
    }
    ++idle_;
    ready_.wait(lock, [this] { return ending_ || may_start(); });
    --idle_;
    if (ending_) return;
    const Place place = take_turn();
    Line& line = place.line->second;
    auto [job, cause] = std::move(line.queue.front());
    line.queue.pop_front();
    if (!line.queue.empty()) turns_.push_back(place);
    ++line.running;
    ++place.kind->second.running;
    ++running_;
    start_thread_if_needed();
    lock.unlock();
    {
      Turn turn(
          stop, [this, &place](int change) { count_waiting(change, place); }, cause);
      job(turn);
    }
    job = nullptr;  // what the job holds may end here, with no lock held
    lock.lock();
    --running_;
    end_turn(place);
    ready_.notify_one();
  }
}

void Lane::count_waiting(int change, const Place& place) {
  const std::lock_guard lock(mutex_);
  waiting_ += change;
  place.kind->second.waiting += change;
  place.line->second.waiting += change;
  if (ending_) return;
  start_thread_if_needed();
  ready_.notify_one();
}

}  // namespace esofs
