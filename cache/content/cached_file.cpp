#include "cache/content/cached_file.h"

#include <cerrno>
#include <utility>

#include "client/http/url.h"

namespace esofs::cache {
namespace {

constexpr std::uint64_t kLeastPiece =
    (1ULL << 20U) / kChunkBytes;                     // chunks: below it a request costs more than it brings
constexpr std::uint64_t kLeastWindow = 2ULL << 20U;  // bytes for each transfer
constexpr std::uint64_t kSmallPiece = (128ULL << 10U) / kChunkBytes;  // while the window of a reader grows
constexpr std::uint64_t kNearlyDone =
    (256ULL << 10U) / kChunkBytes;  // chunks: not worth stopping a transfer for

}  // namespace

CachedFile::CachedFile(std::shared_ptr<ContentParts> parts, About about,
                       std::function<void(const Error&)> on_stale, Renew renew)
    : parts_(std::move(parts)),
      about_(std::move(about)),
      chunks_(chunk_count(about_.size)),
      server_(client::server_of(about_.url)),
      on_stale_(std::move(on_stale)),
      renew_(std::move(renew)),
      state_(about_.url, window(Pace(), parts_->most_ahead())) {}

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
    if (!expired) ahead = state->readers.read(offset, size, about_.size);
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

bool CachedFile::at_hand(std::uint64_t offset, std::size_t size) {
  if (size == 0 || offset >= about_.size) return true;
  const std::uint64_t first = offset / kChunkBytes;
  const std::uint64_t end = chunk_count(std::min(offset + size, about_.size));
  const auto kept = kept_of(first, end);
  auto state = state_.lock();
  for (std::uint64_t i = first; i < end; ++i) {
    if (!kept[i - first] && !state->unwritten.contains(i) && !state->flights.contains(i)) return false;
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

bool CachedFile::fresh_failure(State& state, std::uint64_t index, std::optional<Error>& error) const {
  const auto at = state.failures.find(index);
  if (at == state.failures.end()) return false;
  if (at->second.until <= parts_->now()) {
    state.failures.erase(at);
    return false;
  }
  error = at->second.error;
  return true;
}

// Makes `read` wait for its missing chunks; the error of one that failed a moment ago instead.
std::optional<Error> CachedFile::join(const std::shared_ptr<PendingRead>& read,
                                      const std::vector<std::uint64_t>& missing) {
  auto state = state_.lock();
  if (state->expired) return state->expired;
  std::optional<Error> error;
  for (const std::uint64_t index : missing) {
    if (fresh_failure(*state, index, error)) return error;
  }
  for (const std::uint64_t index : missing) {
    auto [flight, fresh] = state->flights.try_emplace(index);
    flight->second.askers.push_back(read);
    if (!fresh) continue;
    if (!state->demand.empty() && state->demand.back().end == index) {
      ++state->demand.back().end;
    } else {
      state->demand.push_back({index, index + 1});
    }
  }
  return std::nullopt;
}

// How far ahead of a reader is asked, `most` at most.
std::uint64_t CachedFile::window(const Pace& pace, std::uint64_t most) const {
  const auto width = static_cast<std::uint64_t>(parts_->transfers.width());
  return pace.window(width * kLeastWindow, most);
}

// Queues what is not here of a range that will probably be read.
void CachedFile::look_ahead(client::ByteRange range) {
  const std::uint64_t first = range.first / kChunkBytes;
  const std::uint64_t end = chunk_count(range.first + range.size);
  const auto kept = kept_of(first, end);
  auto state = state_.lock();
  bool joined = !state->ahead.empty() && state->ahead.back().end == first;
  for (std::uint64_t i = first; i < end; ++i) {
    const bool wanted = !kept[i - first] && !state->unwritten.contains(i);
    if (wanted && joined) {
      ++state->ahead.back().end;
    } else if (wanted) {
      state->ahead.push_back({i, i + 1});
    }
    joined = wanted;
  }
}

bool CachedFile::idle(const State& state, const Transfer& transfer) {
  auto flight = state.flights.lower_bound(transfer.next);
  for (; flight != state.flights.end() && flight->first < transfer.end; ++flight) {
    if (!flight->second.askers.empty()) return false;
  }
  return transfer.end - transfer.next > kNearlyDone;
}

// From here on others may ask for its chunks anew. The caller requests the stop, without the lock.
void CachedFile::give_up(State& state, Transfer& transfer) {
  transfer.stopped = true;
  visit_carried(state, {transfer.next, transfer.end}, &transfer,
                [](std::uint64_t /*index*/, const Flight& /*flight*/) { return false; });
}

void CachedFile::abandon(const std::shared_ptr<PendingRead>& read) {
  std::vector<std::shared_ptr<Transfer>> to_stop;
  {
    auto state = state_.lock();
    auto flight = state->flights.lower_bound(read->first());
    while (flight != state->flights.end() && flight->first < read->end()) {
      std::erase(flight->second.askers, read);
      const bool unwanted = flight->second.askers.empty() && flight->second.carrier == Carrier(Queued());
      flight = unwanted ? state->flights.erase(flight) : std::next(flight);
    }
    for (const auto& transfer : state->active) {
      const bool its = transfer->next < read->end() && read->first() < transfer->end;
      if (!its || transfer->ahead || transfer->stopped || !idle(*state, *transfer)) continue;
      give_up(*state, *transfer);
      to_stop.push_back(transfer);
    }
  }
  for (const auto& transfer : to_stop) transfer->stop.request_stop();
}

void CachedFile::opened() { ++state_.lock()->handles; }

bool CachedFile::in_use() { return state_.lock()->handles > 0; }

void CachedFile::closed() {
  std::vector<std::shared_ptr<Transfer>> to_stop;
  {
    auto state = state_.lock();
    if (--state->handles > 0) return;
    state->ahead.clear();
    state->readers.closed();
    for (const auto& transfer : state->active) {
      if (transfer->stopped || !idle(*state, *transfer)) continue;
      give_up(*state, *transfer);
      to_stop.push_back(transfer);
    }
  }
  for (const auto& transfer : to_stop) transfer->stop.request_stop();
}

void CachedFile::expire(const Error& error) {
  std::map<std::uint64_t, Flight> flights;
  std::vector<std::shared_ptr<Transfer>> to_stop;
  {
    auto state = state_.lock();
    if (state->expired) return;
    state->expired = error;
    flights.swap(state->flights);
    state->demand.clear();
    state->ahead.clear();
    state->unwritten.clear();
    for (const auto& transfer : state->active) transfer->stopped = true;
    to_stop = state->active;
  }
  for (const auto& transfer : to_stop) transfer->stop.request_stop();
  for (const auto& [index, flight] : flights) {
    for (const auto& read : flight.askers) read->fail(error);
  }
}

bool CachedFile::expired() { return state_.lock()->expired.has_value(); }

// --- which transfers ---

// Chunks of the next transfer of a run of `chunks`: the run shared by the transfers that may still begin, but no more than
// keeps all of them busy within what is read ahead.
std::uint64_t CachedFile::piece(const State& state, std::uint64_t chunks) const {
  const auto width = static_cast<std::uint64_t>(parts_->transfers.width());
  const std::uint64_t unused = std::max<std::uint64_t>(1, width - std::min(width, state.active.size()));
  const std::uint64_t most = std::max(kLeastPiece, state.readers.most_bytes() / kChunkBytes / width);
  return std::clamp((chunks + unused - 1) / unused, kLeastPiece, most);
}

// The same ahead of a reader. While its window grows, pieces are small enough for every transfer to have one: where a
// stream is slow (ESO: 10 Mbit/s), the window grows as fast as streams are begun.
std::uint64_t CachedFile::piece_ahead(const State& state, std::uint64_t chunks) const {
  const std::uint64_t window = state.readers.window();
  const std::uint64_t share = window / kChunkBytes / static_cast<std::uint64_t>(parts_->transfers.width());
  if (window >= state.readers.most_bytes() || share >= kLeastPiece) return piece(state, chunks);
  return std::min(chunks, std::max(share, kSmallPiece));
}

void CachedFile::pump() {
  for (;;) {
    const std::uint64_t budget = parts_->most_ahead();
    const std::uint64_t asked = parts_->ahead_bytes;
    std::shared_ptr<Transfer> begun;
    std::shared_ptr<Transfer> to_stop;
    {
      auto state = state_.lock();
      begun = next_transfer(*state, budget > asked ? budget - asked : 0);
      if (!begun) to_stop = make_room(*state);
    }
    if (to_stop) to_stop->stop.request_stop();
    if (!begun) return;
    if (begun->ahead) parts_->ahead_bytes += (begun->end - begun->next) * kChunkBytes;
    parts_->transfers.submit([self = shared_from_this(), begun](Lane::Turn& turn) { self->run(begun, turn); },
                             server_);
  }
}

std::shared_ptr<CachedFile::Transfer> CachedFile::next_transfer(State& state, std::uint64_t ahead_room) {
  if (state.expired || static_cast<int>(state.active.size()) >= parts_->transfers.width()) return nullptr;
  auto transfer = next_demand(state);
  if (!transfer) transfer = next_ahead(state, ahead_room);
  if (transfer) state.active.push_back(transfer);
  return transfer;
}

std::shared_ptr<CachedFile::Transfer> CachedFile::next_demand(State& state) {
  const auto queued = [&state](std::uint64_t index) {
    const auto flight = state.flights.find(index);
    return flight != state.flights.end() && flight->second.carrier == Carrier(Queued());
  };
  while (!state.demand.empty()) {
    Run& run = state.demand.front();
    while (run.first < run.end && !queued(run.first)) ++run.first;
    if (run.first == run.end) {
      state.demand.pop_front();
      continue;
    }
    auto transfer = std::make_shared<Transfer>(Transfer{run.first, run.first, false});
    const std::uint64_t most = piece(state, run.end - run.first);
    while (transfer->end - transfer->next < most && queued(transfer->end)) {
      state.flights[transfer->end++].carrier = transfer.get();
    }
    extend_ahead(state, *transfer);
    return transfer;
  }
  return nullptr;
}

// A small transfer takes along what is queued to be read ahead right after it.
void CachedFile::extend_ahead(State& state, Transfer& transfer) const {
  for (const Run& run : state.ahead) {
    if (transfer.end < run.first || transfer.end >= run.end) continue;
    const std::uint64_t end = std::min(run.end, transfer.next + piece_ahead(state, kLeastPiece));
    while (transfer.end < end && !state.flights.contains(transfer.end)) {
      state.flights[transfer.end++].carrier = &transfer;
    }
    return;
  }
}

std::shared_ptr<CachedFile::Transfer> CachedFile::next_ahead(State& state, std::uint64_t room) {
  while (!state.ahead.empty()) {
    Run& run = state.ahead.front();
    while (run.first < run.end && state.flights.contains(run.first)) ++run.first;
    if (run.first == run.end) {
      state.ahead.pop_front();
      continue;
    }
    const std::uint64_t most = std::min(piece_ahead(state, run.end - run.first), run.end - run.first);
    if (most * kChunkBytes > room) return nullptr;
    auto transfer = std::make_shared<Transfer>(Transfer{run.first, run.first, true});
    while (transfer->end - transfer->next < most && !state.flights.contains(transfer->end)) {
      state.flights[transfer->end++].carrier = transfer.get();
    }
    run.first = transfer->end;
    return transfer;
  }
  return nullptr;
}

// Where readers queue behind transfers that only read ahead, the farthest of these makes way.
std::shared_ptr<CachedFile::Transfer> CachedFile::make_room(State& state) {
  if (state.demand.empty() || static_cast<int>(state.active.size()) < parts_->transfers.width())
    return nullptr;
  std::shared_ptr<Transfer> farthest;
  for (const auto& transfer : state.active) {
    if (transfer->stopped) return nullptr;  // one makes way already
    if (!transfer->ahead || !idle(state, *transfer)) continue;
    if (!farthest || transfer->next > farthest->next) farthest = transfer;
  }
  if (!farthest) return nullptr;
  give_up(state, *farthest);
  state.ahead.push_front({farthest->next, farthest->end});
  return farthest;
}

// --- a chunk that the opening of the file brings ---

bool CachedFile::accepts(const client::FileHead& head) const {
  return head.validator.empty() || about_.validator.empty() || head.validator == about_.validator ||
         client::same_tag_and_date(about_.tag, about_.date, head);
}

void CachedFile::expect(std::uint64_t index) {
  auto state = state_.lock();
  state->flights[index].carrier = ByOpening();
}

void CachedFile::arrived(std::uint64_t index, const Chunk& chunk) {
  parts_->keep(about_.key, index, chunk);
  ++parts_->counters.misses;
  land(nullptr, index, chunk);
}

void CachedFile::lost(std::uint64_t index) {
  {
    auto state = state_.lock();
    const auto flight = state->flights.find(index);
    if (flight == state->flights.end() || flight->second.carrier != Carrier(ByOpening())) return;
    flight->second.carrier = Queued();
    if (flight->second.askers.empty()) {
      state->flights.erase(flight);
    } else {
      state->demand.push_back({index, index + 1});
    }
  }
  pump();
}

}  // namespace esofs::cache
