#include <algorithm>
#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "cache/content/cached_file.h"

namespace esofs::cache {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostRun = (1ULL << 20U) / kChunkBytes;  // chunks written to the disk at once
constexpr std::uint64_t kMostWhole = 1ULL << 20U;  // of a file that may come whole instead of a range
constexpr int kMostFailures = 3;
constexpr std::uint64_t kLeastPart =
    4096;  // bytes of an answer that is shorter than asked for; below it counts as broken off

// What a reader of an open file receives: ENOENT is no error of read(2).
Error read_error(const Error& error) {
  return error.code() == ENOENT ? Error(EIO, "the file is gone from the archive: " + error.what()) : error;
}

}  // namespace

// Takes the body of one answer and lands its chunks.
class CachedFile::Filler : public client::FetchSink {
 public:
  Filler(CachedFile& file, Transfer& transfer, std::uint64_t first)
      : file_(file), transfer_(transfer), index_(first), chunk_(std::move(transfer.begun)) {}

  Result<void> head(const client::FileHead& head) override {
    accepted_ = true;
    answered_at_ = steady_clock::now();
    const auto& about = file_.about_;
    const bool same = head.total && *head.total == about.size && file_.accepts(head);
    if (!same) return Error(ESTALE, "the archive has another version of " + about.name);
    const bool whole = !head.partial && about.size <= kMostWhole && head.first == 0;
    if (whole) skip_ = offset();
    if (!head.partial && !whole) return Error(ESTALE, "the archive no longer sends ranges of " + about.name);
    if (head.partial && head.first != offset()) return Error(EIO, "the answer is another range");
    return {};
  }

  Result<void> body(std::span<const std::byte> piece) override {
    file_.parts_->counters.fetched_bytes += piece.size();
    received_ += piece.size();
    last_at_ = steady_clock::now();
    const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
    skip_ -= skipped;
    piece = piece.subspan(skipped);
    while (!piece.empty()) {
      if (index_ == transfer_.end) return {};  // of a whole small file that was sent instead of a range
      const std::size_t wanted = chunk_size(file_.about_.size, index_);
      if (!chunk_) {
        chunk_ = std::make_shared<Bytes>();
        chunk_->reserve(wanted);
      }
      const std::size_t taken = std::min(wanted - chunk_->size(), piece.size());
      chunk_->insert(chunk_->end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(taken));
      piece = piece.subspan(taken);
      if (chunk_->size() < wanted) break;
      take(std::exchange(chunk_, nullptr));
    }
    return {};
  }

  // The first byte that is asked for.
  std::uint64_t offset() const { return index_ * kChunkBytes + (chunk_ ? chunk_->size() : 0); }
  // Nothing more comes of this answer.
  void end() { write_run(); }
  // What has come of the next chunk.
  std::shared_ptr<Bytes> begun() { return std::move(chunk_); }
  std::uint64_t received() const noexcept { return received_; }

  void tell(Pace& pace) const {
    if (!accepted_) return;
    const std::chrono::duration<double> asked = asked_at_.time_since_epoch();
    const std::chrono::duration<double> wait = answered_at_ - asked_at_;
    const std::chrono::duration<double> body = last_at_ - answered_at_;
    pace.answered(asked.count(), wait.count(), body.count(), received_);
  }

  bool accepted() const noexcept { return accepted_; }

 private:
  // Readers are answered when their chunk is on the disk; what nobody waits for yet goes there in runs.
  void take(const Chunk& chunk) {
    file_.parts_->memory.put(file_.about_.key, index_, chunk);
    ++file_.parts_->counters.misses;
    run_.push_back(chunk);
    if (file_.awaited_else_unwritten(index_, chunk) || run_.size() == kMostRun) write_run();
    file_.land(&transfer_, index_++, chunk);
  }

  void write_run() {
    if (run_.empty()) return;
    std::vector<ChunkBytes> bytes;
    bytes.reserve(run_.size());
    for (const auto& chunk : run_) bytes.emplace_back(*chunk);
    file_.parts_->segments.put(file_.about_.key, run_first_, bytes);
    file_.written(run_first_, run_.size());
    run_first_ += run_.size();
    run_.clear();
  }

  CachedFile& file_;
  Transfer& transfer_;
  std::uint64_t index_;  // of the chunk that comes in
  std::uint64_t run_first_ = index_;
  std::vector<Chunk> run_;  // not on the disk yet: chunks [run_first_, index_)
  std::uint64_t skip_ = 0;  // bytes before it that were not asked for
  std::shared_ptr<Bytes> chunk_;
  bool accepted_ = false;
  std::uint64_t received_ = 0;
  const steady_clock::time_point asked_at_ = steady_clock::now();
  steady_clock::time_point answered_at_ = asked_at_;
  steady_clock::time_point last_at_ = asked_at_;
};

// --- one transfer, on the lane ---

void CachedFile::run(const std::shared_ptr<Transfer>& transfer, Lane::Turn& turn) {
  Result<void> result;
  try {
    const Inside inside(parts_->gate);
    if (!inside || turn.stop().stop_requested()) {
      result = ending_error();
    } else {
      const StoppableTurn stoppable(turn, transfer->stop, parts_->gate.stop());
      result = fetch(*transfer, turn);
      if (!result && result.error().code() == EINTR) result = ending_error();
    }
    finish(transfer, result);
  } catch (const std::exception& bug) {
    finish(transfer, Error(EIO, bug.what()));
  }
}

// Takes chunks at the beginning of a transfer from the cache: they may have landed while it was queued.
void CachedFile::take_known(Transfer& transfer) {
  for (;;) {
    std::uint64_t index = 0;
    {
      auto state = state_.lock();
      if (transfer.next == transfer.end) return;
      index = transfer.next;
    }
    const auto chunk = here(index);
    if (!chunk) return;
    transfer.begun.reset();
    land(&transfer, index, chunk);
  }
}

Result<void> CachedFile::fetch(Transfer& transfer, Lane::Turn& turn) {
  for (int failures = 0;;) {
    take_known(transfer);
    auto ended = fetch_once(transfer, turn);
    if (ended && *ended == Ended::kAll) return {};
    if (turn.stop().stop_requested()) return Error(EINTR, "stopped");
    if (!ended) return ended.error();
    if (*ended == Ended::kShort) continue;
    if (++failures == kMostFailures)
      return transfer.broken.value_or(Error(EIO, "short answer for " + about_.name));
    if (auto paused = turn.pause(parts_->retry_pause * failures); !paused) return paused.error();
  }
}

// One request for what is left. Anything but kAll may be taken up again.
Result<CachedFile::Ended> CachedFile::fetch_once(Transfer& transfer, Lane::Turn& turn) {
  const std::uint64_t first = transfer.next;  // changed by this thread only
  if (first == transfer.end) return Ended::kAll;
  transfer.url = state_.lock()->url;
  client::FetchRequest request;
  request.url = transfer.url;
  Filler filler(*this, transfer, first);
  const std::uint64_t offset = filler.offset();
  request.range = client::ByteRange{offset, std::min(transfer.end * kChunkBytes, about_.size) - offset};
  request.validator = about_.validator;
  request.tag = about_.tag;
  request.date = about_.date;
  request.total = about_.size;
  request.fits = about_.fits;
  request.rights = client::Rights::of(about_.key.identity());
  ++parts_->counters.requests;
  auto fetched = parts_->archive.fetch(request, filler, turn);
  filler.end();
  const std::uint64_t most = parts_->most_ahead();
  {
    auto state = state_.lock();
    filler.tell(state->pace);
    state->readers.set_most_bytes(window(state->pace, most));
  }
  if (transfer.next == transfer.end) return Ended::kAll;
  if (fetched) {
    transfer.begun = filler.begun();
    return filler.received() >= std::min(kLeastPart, request.range->size) ? Ended::kShort : Ended::kBrokeOff;
  }
  const int code = fetched.error().code();
  const bool told = code == ESTALE || code == EACCES || code == ENOENT;
  // A server that fails on one range (HTTP 500) has given others.
  if (told || (!filler.accepted() && code != EIO)) return fetched.error();
  transfer.broken = fetched.error();
  return Ended::kBrokeOff;
}

// True where a reader waits for the chunk; else it is found among the unwritten ones until written().
bool CachedFile::awaited_else_unwritten(std::uint64_t index, const Chunk& chunk) {
  auto state = state_.lock();
  const auto flight = state->flights.find(index);
  if (flight != state->flights.end() && !flight->second.askers.empty()) return true;
  state->unwritten.emplace(index, chunk);
  return false;
}

void CachedFile::written(std::uint64_t first, std::uint64_t count) {
  auto state = state_.lock();
  state->unwritten.erase(state->unwritten.lower_bound(first), state->unwritten.lower_bound(first + count));
}

void CachedFile::land(Transfer* transfer, std::uint64_t index, const Chunk& chunk) {
  Askers askers;
  {
    auto state = state_.lock();
    if (transfer != nullptr) {
      transfer->next = index + 1;
      if (transfer->ahead) parts_->ahead_bytes -= kChunkBytes;
    }
    if (state->expired) return;
    state->failures.erase(index);
    const auto flight = state->flights.find(index);
    if (flight == state->flights.end()) return;
    askers.swap(flight->second.askers);
    state->flights.erase(flight);
  }
  for (const auto& read : askers) read->give(index, chunk);
}

void CachedFile::finish(const std::shared_ptr<Transfer>& transfer, const Result<void>& result) {
  Askers askers;
  const bool stale = !result && result.error().code() == ESTALE;
  bool first_to_see = false;
  {
    auto state = state_.lock();
    std::erase(state->active, transfer);
    if (transfer->ahead) parts_->ahead_bytes -= (transfer->end - transfer->next) * kChunkBytes;
    first_to_see = stale && !state->expired && !std::exchange(state->stale, true);
    // The first one tells the readers of all, when what was known of the file is forgotten: they may ask anew at once.
    if (stale && !first_to_see) return;
  }
  if (!result && hold_refused(*transfer, result.error())) return pump();
  {
    auto state = state_.lock();
    const std::int64_t until = parts_->now() + parts_->failure_memory.count();
    visit_carried(*state, {transfer->next, transfer->end}, static_cast<const Transfer*>(transfer.get()),
                  [&](std::uint64_t index, const Flight& flight) {
                    if (!result && !flight.askers.empty())
                      state->failures.insert_or_assign(index, Failure{read_error(result.error()), until});
                    askers.insert(askers.end(), flight.askers.begin(), flight.askers.end());
                    return false;
                  });
  }
  if (first_to_see) {
    parts_->forget(about_.key);
    on_stale_(result.error());
    expire(result.error());
  }
  for (const auto& read : askers)
    read->fail(result ? Error(EIO, "a chunk was not sent") : read_error(result.error()));
  pump();
}

// --- a URL that is refused: signatures and tokens in URLs end ---

// Makes the readers of a refused transfer wait for a newer URL, where there may be one.
bool CachedFile::hold_refused(const Transfer& transfer, const Error& error) {
  if (!renew_ || (error.code() != EACCES && error.code() != ENOENT)) return false;
  bool first = false;
  {
    auto state = state_.lock();
    const bool newer = transfer.url != state->url;  // renewed since this was asked
    bool awaited = false;
    visit_carried(*state, {transfer.next, transfer.end}, &transfer,
                  [&](std::uint64_t /*index*/, Flight& flight) {
                    if (flight.askers.empty()) return false;
                    awaited = true;
                    flight.carrier = newer ? Carrier(Queued()) : Carrier(AwaitsUrl());
                    return true;
                  });
    if (!awaited) return false;
    if (newer) {
      state->demand.push_front({transfer.next, transfer.end});
      return true;
    }
    first = state->refused.empty();
    state->refused.push_back({{transfer.next, transfer.end}, error});
  }
  if (!first) return true;
  renew_(transfer.url, [weak = weak_from_this()](const std::optional<std::string>& url) {
    if (auto self = weak.lock()) self->renewed(url);
  });
  return true;
}

void CachedFile::renewed(const std::optional<std::string>& url) {
  std::vector<std::pair<std::shared_ptr<PendingRead>, Error>> failed;
  {
    auto state = state_.lock();
    if (url) state->url = *url;
    const std::int64_t until = parts_->now() + parts_->failure_memory.count();
    for (const auto& [run, refusal] : std::exchange(state->refused, {})) {
      const Error error = read_error(refusal);
      if (url) state->demand.push_front(run);
      visit_carried(*state, run, AwaitsUrl(), [&, why = error](std::uint64_t index, Flight& flight) {
        flight.carrier = Queued();
        if (url) return !flight.askers.empty();
        for (const auto& read : flight.askers) failed.emplace_back(read, why);
        state->failures.insert_or_assign(index, Failure{why, until});
        return false;
      });
    }
  }
  for (const auto& [read, error] : failed) read->fail(error);
  pump();
}

}  // namespace esofs::cache
