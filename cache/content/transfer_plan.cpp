#include "cache/content/transfer_plan.h"

#include <algorithm>
#include <utility>

namespace esofs::cache {
namespace {

constexpr std::uint64_t kLeastPiece =
    (1ULL << 20U) / kChunkBytes;                     // chunks: below it a request costs more than it brings
constexpr std::uint64_t kLeastWindow = 2ULL << 20U;  // bytes for each transfer
constexpr std::uint64_t kSmallPiece = (128ULL << 10U) / kChunkBytes;  // while the window of a reader grows
constexpr std::uint64_t kNearlyDone =
    (256ULL << 10U) / kChunkBytes;  // chunks: not worth stopping a transfer for

}  // namespace

TransferPlan::TransferPlan(int width, std::uint64_t most_ahead, AheadCounts& counts)
    : width_(static_cast<std::uint64_t>(width)), readers_(window(most_ahead)), counts_(counts) {}

// How far ahead of a reader is asked, `most` at most.
std::uint64_t TransferPlan::window(std::uint64_t most) const {
  return pace_.window(width_ * kLeastWindow, most);
}

// --- readers ---

std::vector<client::ByteRange> TransferPlan::read(std::uint64_t offset, std::uint64_t size,
                                                  std::uint64_t file_size, const Cause& cause) {
  if (!unread_.empty()) {
    const auto first = unread_.lower_bound(offset / kChunkBytes);
    const auto end = unread_.lower_bound(chunk_count(offset + size));
    counts_.used += static_cast<std::uint64_t>(std::distance(first, end)) * kChunkBytes;
    unread_.erase(first, end);
  }
  auto ranges = readers_.read(offset, size, file_size);
  if (!ranges.empty()) ahead_for_ = cause.ahead();
  return ranges;
}

void TransferPlan::join(const std::shared_ptr<PendingRead>& read, std::uint64_t chunk) {
  auto [flight, fresh] = flights_.try_emplace(chunk);
  flight->second.askers.push_back(read);
  if (std::exchange(flight->second.ahead, false)) counts_.used += kChunkBytes;
  if (!fresh) return;
  if (!demand_.empty() && demand_.back().end == chunk) {
    ++demand_.back().end;
  } else {
    demand_.push_back({chunk, chunk + 1});
  }
}

void TransferPlan::opened() {
  patience_with_opening_->came_back();
  for (const auto& transfer : active_) transfer->patience->came_back();
}

std::vector<TransferPtr> TransferPlan::leave(const std::shared_ptr<PendingRead>& read) {
  auto flight = flights_.lower_bound(read->first());
  while (flight != flights_.end() && flight->first < read->end()) {
    std::erase(flight->second.askers, read);
    const bool unwanted = flight->second.askers.empty() && flight->second.carrier == Carrier(Queued());
    flight = unwanted ? flights_.erase(flight) : std::next(flight);
  }
  std::vector<TransferPtr> to_stop;
  for (const auto& transfer : active_) {
    const bool its = transfer->next < read->end() && read->first() < transfer->end;
    if (!its || transfer->ahead || transfer->stopped || !idle(*transfer)) continue;
    give_up(*transfer);
    to_stop.push_back(transfer);
  }
  return to_stop;
}

void TransferPlan::look_ahead(std::uint64_t first, const std::vector<bool>& wanted) {
  bool joined = !ahead_.empty() && ahead_.back().end == first;
  for (std::uint64_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] && joined) {
      ++ahead_.back().end;
    } else if (wanted[i]) {
      ahead_.push_back({first + i, first + i + 1});
    }
    joined = wanted[i];
  }
}

std::vector<TransferPtr> TransferPlan::closed() {
  ahead_.clear();
  readers_.closed();
  drop_unread();
  std::vector<TransferPtr> to_stop;
  for (const auto& transfer : active_) {
    if (transfer->stopped || !idle(*transfer)) continue;
    give_up(*transfer);
    to_stop.push_back(transfer);
  }
  return to_stop;
}

// --- flights ---

bool TransferPlan::awaited(std::uint64_t chunk) const {
  const auto flight = flights_.find(chunk);
  return flight != flights_.end() && !flight->second.askers.empty();
}

void TransferPlan::lost(std::uint64_t chunk) {
  const auto flight = flights_.find(chunk);
  if (flight == flights_.end() || flight->second.carrier != Carrier(ByOpening())) return;
  flight->second.carrier = Queued();
  if (flight->second.askers.empty()) {
    flights_.erase(flight);
  } else {
    demand_.push_back({chunk, chunk + 1});
  }
}

// It need not be read ahead any more.
void TransferPlan::drop_ahead(std::uint64_t chunk) {
  const auto run = std::find_if(ahead_.begin(), ahead_.end(), [chunk](const Run& queued) {
    return queued.first <= chunk && chunk < queued.end;
  });
  if (run == ahead_.end()) return;
  const Run behind{chunk + 1, run->end};
  run->end = chunk;
  if (behind.first < behind.end) ahead_.insert(std::next(run), behind);
}

TransferPlan::Askers TransferPlan::land(std::uint64_t chunk) {
  drop_ahead(chunk);
  const auto flight = flights_.find(chunk);
  if (flight == flights_.end()) return {};
  if (flight->second.ahead) unread_.insert(chunk);
  Askers askers = std::move(flight->second.askers);
  flights_.erase(flight);
  return askers;
}

TransferPlan::Cleared TransferPlan::clear() {
  Cleared cleared;
  for (const auto& [chunk, flight] : std::exchange(flights_, {})) {
    cleared.askers.insert(cleared.askers.end(), flight.askers.begin(), flight.askers.end());
    if (flight.ahead) counts_.dropped += kChunkBytes;
  }
  drop_unread();
  demand_.clear();
  ahead_.clear();
  for (const auto& transfer : active_) transfer->stopped = true;
  cleared.transfers = active_;
  return cleared;
}

void TransferPlan::drop_unread() {
  counts_.dropped += unread_.size() * kChunkBytes;
  unread_.clear();
}

bool TransferPlan::idle(const Transfer& transfer) const {
  auto flight = flights_.lower_bound(transfer.next);
  for (; flight != flights_.end() && flight->first < transfer.end; ++flight) {
    if (!flight->second.askers.empty()) return false;
  }
  return transfer.end - transfer.next > kNearlyDone;
}

// From here on others may ask for its chunks again. The caller requests the stop, without the lock.
void TransferPlan::give_up(Transfer& transfer) {
  transfer.stopped = true;
  visit({transfer.next, transfer.end}, &transfer,
        [](std::uint64_t /*index*/, const Flight& /*flight*/) { return false; });
}

// --- transfers ---

TransferPtr TransferPlan::next(std::uint64_t ahead_room) {
  if (active_.size() >= width_) return nullptr;
  auto transfer = next_demand();
  if (!transfer) transfer = next_ahead(ahead_room);
  if (transfer) active_.push_back(transfer);
  return transfer;
}

// Chunks of the next transfer of a run of `chunks`: the run shared by the transfers that may still begin, but no more than
// keeps all of them busy within what is read ahead.
std::uint64_t TransferPlan::piece(std::uint64_t chunks) const {
  const std::uint64_t unused =
      std::max<std::uint64_t>(1, width_ - std::min<std::uint64_t>(width_, active_.size()));
  const std::uint64_t most = std::max(kLeastPiece, readers_.most_bytes() / kChunkBytes / width_);
  return std::clamp((chunks + unused - 1) / unused, kLeastPiece, most);
}

// The same ahead of a reader. While its window grows, pieces are small enough for every transfer to have one: if a
// stream is slow (ESO: 10 Mbit/s), the window grows as fast as streams are begun.
std::uint64_t TransferPlan::piece_ahead(std::uint64_t chunks) const {
  const std::uint64_t window = readers_.window();
  const std::uint64_t share = window / kChunkBytes / width_;
  if (window == 0 || window >= readers_.most_bytes() || share >= kLeastPiece) return piece(chunks);
  return std::min(chunks, std::max(share, kSmallPiece));
}

TransferPtr TransferPlan::next_demand() {
  const auto queued = [this](std::uint64_t index) {
    const auto flight = flights_.find(index);
    return flight != flights_.end() && flight->second.carrier == Carrier(Queued());
  };
  while (!demand_.empty()) {
    Run& run = demand_.front();
    while (run.first < run.end && !queued(run.first)) ++run.first;
    if (run.first == run.end) {
      demand_.pop_front();
      continue;
    }
    auto transfer = std::make_shared<Transfer>(Transfer{run.first, run.first, false});
    const Askers& askers = flights_[run.first].askers;
    if (!askers.empty()) transfer->cause = askers.front()->cause();
    const std::uint64_t most = piece(run.end - run.first);
    while (transfer->end - transfer->next < most && queued(transfer->end)) {
      flights_[transfer->end++].carrier = transfer.get();
    }
    extend_ahead(*transfer);
    return transfer;
  }
  return nullptr;
}

// The transfer asks for one more chunk, for which nobody waits.
void TransferPlan::begin_ahead(Transfer& transfer) {
  Flight& flight = flights_[transfer.end++];
  flight.carrier = &transfer;
  flight.ahead = true;
  counts_.asked += kChunkBytes;
}

// A small transfer takes along what is queued to be read ahead right after it.
void TransferPlan::extend_ahead(Transfer& transfer) {
  for (const Run& run : ahead_) {
    if (transfer.end < run.first || transfer.end >= run.end) continue;
    const std::uint64_t end = std::min(run.end, transfer.next + piece_ahead(kLeastPiece));
    while (transfer.end < end && !flights_.contains(transfer.end)) begin_ahead(transfer);
    return;
  }
}

TransferPtr TransferPlan::next_ahead(std::uint64_t room) {
  while (!ahead_.empty()) {
    Run& run = ahead_.front();
    while (run.first < run.end && flights_.contains(run.first)) ++run.first;
    if (run.first == run.end) {
      ahead_.pop_front();
      continue;
    }
    const std::uint64_t most = std::min(piece_ahead(run.end - run.first), run.end - run.first);
    if (most * kChunkBytes > room) return nullptr;
    auto transfer = std::make_shared<Transfer>(Transfer{run.first, run.first, true, ahead_for_});
    while (transfer->end - transfer->next < most && !flights_.contains(transfer->end)) begin_ahead(*transfer);
    run.first = transfer->end;
    transfer->unread = readers_.window() == 0;
    return transfer;
  }
  return nullptr;
}

TransferPtr TransferPlan::make_room() {
  if (demand_.empty() || active_.size() < width_) return nullptr;
  TransferPtr farthest;
  for (const auto& transfer : active_) {
    if (transfer->stopped) return nullptr;  // one makes way already
    if (!transfer->ahead || !idle(*transfer)) continue;
    if (!farthest || transfer->next > farthest->next) farthest = transfer;
  }
  if (!farthest) return nullptr;
  give_up(*farthest);
  ahead_.push_front({farthest->next, farthest->end});
  return farthest;
}

}  // namespace esofs::cache
