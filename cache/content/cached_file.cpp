#include "cache/content/cached_file.h"

#include <cerrno>
#include <chrono>
#include <exception>
#include <utility>

#include "client/http/url.h"

namespace esofs::cache {
namespace {

// What a reader of an open file receives: ENOENT is no error of read(2).
Error read_error(const Error& error) {
  return error.code() == ENOENT ? Error(EIO, "the file is gone from the archive: " + error.what()) : error;
}

}  // namespace

CachedFile::CachedFile(std::shared_ptr<ContentParts> parts, About about, OnStale on_stale, Renew renew)
    : parts_(std::move(parts)),
      about_(std::move(about)),
      server_(client::server_of(about_.url)),
      on_stale_(std::move(on_stale)),
      renew_(std::move(renew)),
      state_(about_.url,
             TransferPlan(parts_->transfers.width(), parts_->most_ahead(), parts_->counters.ahead),
             parts_->failure_memory) {}

// --- readers ---

Cancel CachedFile::read(std::uint64_t offset, std::size_t size, Done<Bytes> done) {
  if (size == 0 || offset >= about_.size) {
    done(Bytes());
    return {};
  }
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, about_.size - offset));
  std::vector<client::ByteRange> ahead;
  std::optional<Error> expired;
  {
    auto state = state_.lock();
    expired = state->expired;
    if (!expired) ahead = state->plan.read(offset, size, about_.size, done.cause());
  }
  if (expired) {
    done(*expired);
    return {};
  }
  for (const auto& range : ahead) look_ahead(range);
  auto read = std::make_shared<PendingRead>(offset, size, std::move(done));
  std::vector<std::uint64_t> missing;
  for (std::uint64_t i = read->first(); i < read->end(); ++i) {
    if (auto chunk = here(i)) {
      ++parts_->counters.hits;
      read->give(i, std::move(chunk));
    } else {
      missing.push_back(i);
    }
  }
  if (!missing.empty()) {
    if (auto error = join(read, missing)) {
      read->fail(*error);
      return {};
    }
  }
  pump();
  if (missing.empty()) return {};
  return [file = weak_from_this(), read] {
    if (!read->fail(Error(EINTR, "interrupted"))) return;
    if (auto self = file.lock()) self->abandon(read);
  };
}

Chunk CachedFile::here(std::uint64_t index) {
  if (auto chunk = parts_->here(about_.key, index, chunk_size(about_.size, index))) return chunk;
  auto state = state_.lock();
  const auto chunk = state->unwritten.find(index);
  return chunk == state->unwritten.end() ? nullptr : chunk->second;
}

void CachedFile::ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& cause) {
  if (size == 0 || offset >= about_.size) return;
  state_.lock()->plan.ahead_for(cause);
  look_ahead({offset, std::min(size, about_.size - offset)});
  pump();
}

bool CachedFile::at_hand(std::uint64_t offset, std::size_t size) {
  if (size == 0 || offset >= about_.size) return true;
  const std::uint64_t first = offset / kChunkBytes;
  const std::uint64_t end = chunk_count(std::min(offset + size, about_.size));
  const auto kept = kept_of(first, end);
  auto state = state_.lock();
  for (std::uint64_t i = first; i < end; ++i) {
    if (!kept[i - first] && !state->unwritten.contains(i) && !state->plan.flying(i)) return false;
  }
  return true;
}

// Of each chunk in [first, end), whether the cache has it.
std::vector<bool> CachedFile::kept_of(std::uint64_t first, std::uint64_t end) const {
  auto kept = parts_->segments.present(about_.key, first, end - first);
  for (std::uint64_t i = first; i < end; ++i)
    kept[i - first] = kept[i - first] || parts_->memory.has(about_.key, i);
  return kept;
}

// Makes `read` wait for its missing chunks; the error of one that failed a moment ago instead.
std::optional<Error> CachedFile::join(const std::shared_ptr<PendingRead>& read,
                                      const std::vector<std::uint64_t>& missing) {
  const std::int64_t now = parts_->now();
  auto state = state_.lock();
  if (state->expired) return state->expired;
  for (const std::uint64_t index : missing) {
    if (auto error = state->failures.recall(index, now)) return error;
  }
  for (const std::uint64_t index : missing) state->plan.join(read, index);
  return std::nullopt;
}

// Queues what is not here of a range that will probably be read.
void CachedFile::look_ahead(client::ByteRange range) {
  const std::uint64_t first = range.first / kChunkBytes;
  auto wanted = kept_of(first, chunk_count(range.first + range.size));
  wanted.flip();
  auto state = state_.lock();
  for (std::uint64_t i = 0; i < wanted.size(); ++i)
    wanted[i] = wanted[i] && !state->unwritten.contains(first + i);
  state->plan.look_ahead(first, wanted);
}

void CachedFile::abandon(const std::shared_ptr<PendingRead>& read) {
  const auto to_stop = state_.lock()->plan.leave(read);
  for (const auto& transfer : to_stop) transfer->stop.request_stop();
}

bool CachedFile::add_handle() {
  auto state = state_.lock();
  ++state->handles;
  state->plan.opened();
  return true;
}

bool CachedFile::in_use() { return state_.lock()->handles > 0; }

void CachedFile::drop_handle() {
  std::vector<TransferPtr> to_stop;
  {
    auto state = state_.lock();
    if (--state->handles > 0) return;
    to_stop = state->plan.closed();
  }
  for (const auto& transfer : to_stop) transfer->stop.request_stop();
}

void CachedFile::expire(const Error& error) {
  TransferPlan::Cleared cleared;
  {
    auto state = state_.lock();
    if (state->expired) return;
    state->expired = error;
    cleared = state->plan.clear();
    state->unwritten.clear();
  }
  for (const auto& transfer : cleared.transfers) transfer->stop.request_stop();
  for (const auto& read : cleared.askers) read->fail(error);
}

bool CachedFile::expired() { return state_.lock()->expired.has_value(); }

// --- transfers ---

void CachedFile::pump() {
  for (;;) {
    const std::uint64_t budget = parts_->most_ahead();
    const std::uint64_t asked = parts_->ahead_bytes;
    TransferPtr begun;
    TransferPtr to_stop;
    {
      auto state = state_.lock();
      if (state->expired) return;
      begun = state->plan.next(budget > asked ? budget - asked : 0);
      if (!begun) to_stop = state->plan.make_room();
    }
    if (to_stop) to_stop->stop.request_stop();
    if (!begun) return;
    begun->cause = program_.lock()->named(begun->cause);
    if (begun->ahead) parts_->ahead_bytes += (begun->end - begun->next) * kChunkBytes;
    parts_->transfers.submit([self = shared_from_this(), begun](Lane::Turn& turn) { self->run(begun, turn); },
                             job_kind(server_, begun->unread), begun->cause);
  }
}

void CachedFile::run(const TransferPtr& transfer, Lane::Turn& turn) {
  Result<void> result;
  try {
    const Inside inside(parts_->gate);
    if (!inside || turn.stop().stop_requested()) {
      result = ending_error();
    } else {
      const StoppableTurn stoppable(turn, transfer->stop, parts_->gate.stop());
      turn.watch(
          [&transfer](std::chrono::milliseconds silence) { return transfer->patience->ends(silence); });
      result = run_transfer(*parts_, about_, *this, *transfer, turn);
      if (!result && result.error().code() == EINTR) result = ending_error();
    }
    finish(transfer, result);
  } catch (const std::exception& bug) {
    finish(transfer, Error(EIO, bug.what()));
  }
}

bool CachedFile::awaited_else_unwritten(std::uint64_t index, const Chunk& chunk) {
  auto state = state_.lock();
  if (state->plan.awaited(index)) return true;
  state->unwritten.emplace(index, chunk);
  return false;
}

void CachedFile::written(std::uint64_t first, std::uint64_t count) {
  auto state = state_.lock();
  state->unwritten.erase(state->unwritten.lower_bound(first), state->unwritten.lower_bound(first + count));
}

void CachedFile::land(Transfer* transfer, std::uint64_t index, const Chunk& chunk) {
  ++landed_;
  TransferPlan::Askers askers;
  {
    auto state = state_.lock();
    if (transfer != nullptr) {
      transfer->next = index + 1;
      if (transfer->ahead) parts_->ahead_bytes -= kChunkBytes;
    }
    if (state->expired) return;
    state->failures.forget(index);
    askers = state->plan.land(index);
  }
  for (const auto& read : askers) read->give(index, chunk);
}

void CachedFile::finish(const TransferPtr& transfer, const Result<void>& result) {
  TransferPlan::Askers askers;
  const bool stale = !result && result.error().code() == ESTALE;
  bool first_to_see = false;
  {
    auto state = state_.lock();
    state->plan.ended(transfer);
    if (transfer->ahead) parts_->ahead_bytes -= (transfer->end - transfer->next) * kChunkBytes;
    first_to_see = stale && !state->expired && !std::exchange(state->stale, true);
    // The first transfer that sees it answers the readers of all, after what was known of the file is forgotten: they may ask
    // again at once.
    if (stale && !first_to_see) return;
  }
  if (!result && hold_refused(*transfer, result.error())) return pump();
  {
    const std::int64_t now = parts_->now();
    auto state = state_.lock();
    state->plan.visit({transfer->next, transfer->end}, static_cast<const Transfer*>(transfer.get()),
                      [&](std::uint64_t index, const TransferPlan::Flight& flight) {
                        if (!result && !flight.askers.empty())
                          state->failures.remember(index, read_error(result.error()), now);
                        askers.insert(askers.end(), flight.askers.begin(), flight.askers.end());
                        return false;
                      });
  }
  if (first_to_see) {
    parts_->forget(about_.key);
    on_stale_(result.error(), transfer->version_unknown);
    expire(result.error());
  }
  for (const auto& read : askers)
    read->fail(result ? Error(EIO, "a chunk was not sent") : read_error(result.error()));
  pump();
}

// --- a URL that is refused: signatures and tokens in URLs end ---

// Makes the readers of a refused transfer wait for a newer URL, if there may be one.
bool CachedFile::hold_refused(const Transfer& transfer, const Error& error) {
  if (!renew_ || (error.code() != EACCES && error.code() != ENOENT)) return false;
  bool first = false;
  {
    auto state = state_.lock();
    const bool newer = transfer.url != state->url;  // renewed since this was asked
    bool awaited = false;
    state->plan.visit({transfer.next, transfer.end}, &transfer,
                      [&](std::uint64_t /*index*/, TransferPlan::Flight& flight) {
                        if (flight.askers.empty()) return false;
                        awaited = true;
                        flight.carrier = newer ? TransferPlan::Carrier(TransferPlan::Queued())
                                               : TransferPlan::Carrier(TransferPlan::AwaitsUrl());
                        return true;
                      });
    if (!awaited) return false;
    if (newer) {
      state->plan.queue_first({transfer.next, transfer.end});
      return true;
    }
    first = state->refused.empty();
    state->refused.push_back({{transfer.next, transfer.end}, error});
  }
  if (!first) return true;
  renew_(transfer.url, transfer.cause, [weak = weak_from_this()](const std::optional<std::string>& url) {
    if (auto self = weak.lock()) self->renewed(url);
  });
  return true;
}

void CachedFile::renewed(const std::optional<std::string>& url) {
  std::vector<std::pair<std::shared_ptr<PendingRead>, Error>> failed;
  {
    const std::int64_t now = parts_->now();
    auto state = state_.lock();
    if (url) state->url = *url;
    for (const auto& [run, refusal] : std::exchange(state->refused, {})) {
      const Error error = read_error(refusal);
      if (url) state->plan.queue_first(run);
      state->plan.visit(run, TransferPlan::AwaitsUrl(),
                        [&, why = error](std::uint64_t index, TransferPlan::Flight& flight) {
                          flight.carrier = TransferPlan::Queued();
                          if (url) return !flight.askers.empty();
                          for (const auto& read : flight.askers) failed.emplace_back(read, why);
                          state->failures.remember(index, why, now);
                          return false;
                        });
    }
  }
  for (const auto& [read, error] : failed) read->fail(error);
  pump();
}

void CachedFile::answered(const AnswerTimes& times) {
  const std::chrono::duration<double> asked = times.asked.time_since_epoch();
  const std::chrono::duration<double> wait = times.answered - times.asked;
  const std::chrono::duration<double> body = times.last - times.answered;
  const std::uint64_t most = parts_->most_ahead();
  auto state = state_.lock();
  state->plan.pace().answered(asked.count(), wait.count(), body.count(), times.bytes);
  state->plan.set_window(most);
}

// --- a chunk that the opening of the file brings ---

std::shared_ptr<Patience> CachedFile::patience_with_opening() {
  return state_.lock()->plan.patience_with_opening();
}

void CachedFile::expect(std::uint64_t index) { state_.lock()->plan.expect(index); }

void CachedFile::arrived(std::uint64_t index, const Chunk& chunk) {
  parts_->keep(about_.key, index, chunk);
  ++parts_->counters.misses;
  land(nullptr, index, chunk);
}

void CachedFile::lost(std::uint64_t index) {
  state_.lock()->plan.lost(index);
  pump();
}

}  // namespace esofs::cache
