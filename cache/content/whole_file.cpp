#include "cache/content/whole_file.h"

#include <cerrno>
#include <utility>

#include "client/base/descriptors.h"

namespace esofs::cache {
namespace {

// A response that nobody waits for continues if no more than this is left of it: opening a file again and again, as pipelines
// do, must not begin it again and again.
constexpr std::uint64_t kFinishBytes = 64ULL << 20U;

}  // namespace

WholeFile::WholeFile(std::shared_ptr<ContentParts> parts, ContentKey key, std::string name,
                     std::function<void(const Error&)> on_stale)
    : parts_(std::move(parts)),
      key_(std::move(key)),
      name_(std::move(name)),
      on_stale_(std::move(on_stale)),
      pin_(parts_->segments.pin(key_)) {}

// --- readers ---

Cancel WholeFile::read(std::uint64_t offset, std::size_t size, Done<Bytes> done) {
  const std::uint64_t total = size_;
  if (size == 0 || offset >= total) {
    done(Bytes());
    return {};
  }
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, total - offset));
  auto read = std::make_shared<PendingRead>(offset, size, std::move(done));
  std::optional<Error> expired;
  std::uint64_t here = 0;  // chunks before it must be in the cache
  {
    const std::lock_guard lock(mutex_);
    expired = expired_;
    here = std::clamp(next_, read->first(), read->end());
    touched_ = touched_ || here > read->first();
    farthest_read_ = std::max(farthest_read_, offset + size);
    for (std::uint64_t i = here; !expired && i < read->end(); ++i) flights_[i].push_back(read);
  }
  progress_.notify_all();
  if (expired) {
    read->fail(*expired);
    return {};
  }
  for (std::uint64_t i = read->first(); i < here; ++i) {
    auto chunk = parts_->here(key_, i, chunk_size(total, i));
    if (const auto none = chunk ? std::nullopt : no_descriptor_left()) {
      read->fail(*none);
      return {};
    }
    if (!chunk) {
      spoil(Error(ESTALE, "the cache has lost a part of " + name_ + ", which the archive sends only whole"));
      read->fail(Error(ESTALE, "a part is lost"));
      return {};
    }
    ++parts_->counters.hits;
    read->give(i, std::move(chunk));
  }
  if (here == read->end()) return {};
  return [file = weak_from_this(), read] {
    if (!read->fail(Error(EINTR, "interrupted"))) return;
    const auto self = file.lock();
    if (!self) return;
    const std::lock_guard lock(self->mutex_);
    for (std::uint64_t i = read->first(); i < read->end(); ++i) {
      const auto flight = self->flights_.find(i);
      if (flight != self->flights_.end()) std::erase(flight->second, read);
    }
  };
}

bool WholeFile::add_handle() {
  const std::lock_guard lock(mutex_);
  if (expired_ || spoiled_) return false;
  ++handles_;
  abandoned_ = false;
  return true;
}

bool WholeFile::in_use() {
  const std::lock_guard lock(mutex_);
  return handles_ > 0;
}

void WholeFile::drop_handle() {
  {
    const std::lock_guard lock(mutex_);
    abandoned_ = --handles_ == 0;
  }
  stop_if_abandoned();
}

void WholeFile::stop_if_abandoned() {
  {
    const std::lock_guard lock(mutex_);
    if (!abandoned_ || expired_ || spoiled_ || (!running_ && !superseded_)) return;
    if (!superseded_ && (!openers_.empty() || answering_ > 0)) return;
    const std::uint64_t done = next_ * kChunkBytes;
    const std::uint64_t left = size_ > done ? size_ - done : 0;
    if (!superseded_ && (left <= kFinishBytes || done >= left)) return;
    running_ = false;
    spoiled_ = true;
  }
  give_up(Error(ESTALE, "the transfer of " + name_ + " was stopped, nobody waited for it"));
}

void WholeFile::spoil(const Error& error) {
  {
    const std::lock_guard lock(mutex_);
    if (expired_ || std::exchange(spoiled_, true)) return;
  }
  give_up(error);
}

void WholeFile::give_up(const Error& error) {
  parts_->forget(key_);
  on_stale_(error);
  expire(error);
}

void WholeFile::expire(const Error& error) {
  std::map<std::uint64_t, Askers> flights;
  std::optional<std::stop_source> carrier;
  bool was_running = false;
  {
    const std::lock_guard lock(mutex_);
    if (expired_) return;
    carrier.emplace(stop_);
    expired_ = error;
    was_running = std::exchange(running_, false);
    flights.swap(flights_);
  }
  progress_.notify_all();
  answer_openers(false);
  carrier->request_stop();
  if (was_running) parts_->forget(key_);  // a chunk may have landed since its content was dropped
  for (const auto& [index, askers] : flights) {
    for (const auto& read : askers) read->fail(error);
  }
}

bool WholeFile::expired() {
  const std::lock_guard lock(mutex_);
  return expired_.has_value();
}

// --- the response ---

void WholeFile::restore(std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  size_ = size;
  size_known_ = true;
  next_ = chunk_count(size);
}

void WholeFile::carried_by(std::stop_source stop, std::shared_ptr<Patience> patience) {
  const std::lock_guard lock(mutex_);
  stop_ = std::move(stop);
  patience_ = std::move(patience);
}

bool WholeFile::begin(std::optional<std::uint64_t> size) {
  {
    const std::lock_guard lock(mutex_);
    if (expired_ || touched_) return false;
    if (size_known_ && size != size_) return false;
    if (size) {
      size_ = *size;
      size_known_ = true;
    }
    next_ = 0;
    running_ = true;
    memory_only_ = false;
  }
  skip_ = 0;
  chunk_.reset();
  parts_->forget(key_);  // no byte of an earlier response was read
  return true;
}

bool WholeFile::resume(std::optional<std::uint64_t> size) {
  const std::lock_guard lock(mutex_);
  if (expired_ || !running_ || (size_known_ && size != size_)) return false;
  skip_ = next_ * kChunkBytes + (chunk_ ? chunk_->size() : 0);
  return true;
}

Cancel WholeFile::when_alive(Done<bool> done) {
  const auto opener = std::make_shared<Done<bool>>(std::move(done));
  std::optional<bool> alive;
  {
    const std::lock_guard lock(mutex_);
    if (expired_ || spoiled_ || superseded_) {
      alive = false;
    } else if (!running_ || waits_for_readers_) {
      alive = true;
    } else {
      openers_.push_back(opener);
      patience_->came_back();
    }
  }
  if (alive) {
    (*opener)(*alive);
    return {};
  }
  return [file = weak_from_this(), opener] {
    const auto self = file.lock();
    if (!self) return;
    {
      const std::lock_guard lock(self->mutex_);
      if (std::erase(self->openers_, opener) == 0) return;
    }
    (*opener)(Error(EINTR, "interrupted"));
    self->stop_if_abandoned();
  };
}

void WholeFile::answer_openers(bool alive) {
  Openers openers;
  {
    const std::lock_guard lock(mutex_);
    if (openers_.empty()) return;
    openers.swap(openers_);
    ++answering_;
  }
  for (const auto& opener : openers) (*opener)(alive);
  {
    const std::lock_guard lock(mutex_);
    --answering_;
  }
  stop_if_abandoned();
}

bool WholeFile::gives_up(std::chrono::milliseconds silence, bool continues) {
  if (!patience_->ends(silence)) return false;
  {
    const std::lock_guard lock(mutex_);
    // If it can be neither continued nor begun again, those who have it open keep it.
    if (continues || !touched_ || handles_ == 0) return true;
  }
  answer_openers(false);
  return false;
}

void WholeFile::supersede() {
  const std::lock_guard lock(mutex_);
  superseded_ = true;
}

bool WholeFile::superseded() {
  const std::lock_guard lock(mutex_);
  return superseded_;
}

void WholeFile::land(const Chunk& chunk) {
  std::uint64_t index = 0;
  {
    const std::lock_guard lock(mutex_);
    index = next_;
  }
  const bool kept = parts_->keep(key_, index, chunk);
  ++parts_->counters.misses;
  Askers askers;
  bool expired = false;
  {
    const std::lock_guard lock(mutex_);
    expired = expired_.has_value();
    memory_only_ = memory_only_ || !kept;
    next_ = index + 1;
    const auto flight = flights_.find(index);
    if (flight != flights_.end()) {
      askers.swap(flight->second);
      flights_.erase(flight);
    }
    touched_ = touched_ || !askers.empty();
  }
  if (expired) parts_->forget(key_);  // it came after what was kept had been dropped
  for (const auto& read : askers) read->give(index, chunk);
}

Result<void> WholeFile::wait_for_readers(Lane::Turn& turn) {
  const std::uint64_t most = parts_->most_ahead_in_memory();
  std::unique_lock lock(mutex_);
  const auto near = [&] { return expired_ || !memory_only_ || next_ * kChunkBytes <= farthest_read_ + most; };
  if (size_known_ && next_ > chunk_count(size_)) return Error(EIO, name_ + " is longer than announced");
  if (near()) return {};
  if (!size_known_) return Error(EIO, "without a disk cache there is no room for " + name_);
  lock.unlock();
  const Turn::Waiting waiting(turn);  // it takes the lane's lock
  lock.lock();
  waits_for_readers_ = true;
  lock.unlock();
  answer_openers(true);
  lock.lock();
  progress_.wait(lock, turn.stop(), near);
  waits_for_readers_ = false;
  lock.unlock();
  return {};
}

Result<void> WholeFile::feed(std::span<const std::byte> piece, Lane::Turn& turn) {
  parts_->counters.fetched_bytes += piece.size();
  answer_openers(true);
  const auto skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
  skip_ -= skipped;
  piece = piece.subspan(skipped);
  while (!piece.empty()) {
    if (!chunk_) {
      chunk_ = std::make_shared<Bytes>();
      chunk_->reserve(kChunkBytes);
    }
    const std::size_t taken = std::min<std::size_t>(kChunkBytes - chunk_->size(), piece.size());
    chunk_->insert(chunk_->end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(taken));
    piece = piece.subspan(taken);
    if (chunk_->size() < kChunkBytes) continue;
    land(std::exchange(chunk_, nullptr));
    auto goes_on = wait_for_readers(turn);
    if (!goes_on) return goes_on;
  }
  if (turn.stop().stop_requested()) return Error(EINTR, "stopped");
  return {};
}

Result<void> WholeFile::end(const Result<void>& result) {
  Result<void> ended = result;
  std::uint64_t got = 0;
  {
    const std::lock_guard lock(mutex_);
    got = next_ * kChunkBytes + (chunk_ ? chunk_->size() : 0);
    if (expired_) ended = *expired_;
    if (ended && size_known_ && got != size_)
      ended = Error(EIO, name_ + " came with another length than announced");
    if (ended && !size_known_) size_ = got;
    if (ended) size_known_ = true;
  }
  if (ended && chunk_) land(std::exchange(chunk_, nullptr));
  {
    const std::lock_guard lock(mutex_);
    if (ended) running_ = false;
  }
  if (ended) answer_openers(true);
  return ended;
}

}  // namespace esofs::cache
