#include "cache/content/plain/tiled_file.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <utility>

namespace esofs::cache {
namespace {

constexpr auto kNoSize = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
constexpr std::uint64_t kLeastHeader = 8ULL << 10U;  // of the packed file, asked for a header
constexpr std::uint64_t kLeastFlying = 4ULL << 20U;

std::size_t width(std::uint64_t bytes) { return static_cast<std::size_t>(bytes); }

}  // namespace

TiledFile::TiledFile(std::shared_ptr<ContentParts> parts, About about, Learn learn)
    : parts_(std::move(parts)),
      about_(std::move(about)),
      learn_(std::move(learn)),
      pin_(parts_->segments.pin(about_.key)),
      packed_handle_(handle_of(about_.packed)),
      most_flying_(std::max(kLeastFlying, parts_->memory.most_bytes() / 4)),
      size_(about_.size.value_or(kNoSize)),
      pieces_(parts_, about_.key, about_.scratch),
      layout_(about_.packed->size(), most_flying_),
      places_(std::make_shared<std::vector<PlainPart>>()) {}

// --- readers ---

TiledFile::Places TiledFile::places() {
  const std::lock_guard lock(mutex_);
  return places_;
}

Cancel TiledFile::read(std::uint64_t offset, std::size_t size, Done<Bytes> done) {
  const std::uint64_t total = size_;
  if (size == 0 || offset >= total) {
    done(Bytes());
    return {};
  }
  const std::uint64_t end = offset + std::min<std::uint64_t>(size, total - offset);
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    error = expired_;
  }
  if (error) {
    done(*error);
    return {};
  }
  const auto waiting = std::make_shared<Waiting>(offset, end, false, std::move(done));
  serve(waiting);
  return leaving(waiting);
}

bool TiledFile::sized() const noexcept { return size_ != kNoSize; }

Cancel TiledFile::when_sized(Done<Bytes> done) {
  if (sized()) {
    done(Bytes());
    return {};
  }
  const auto waiting = std::make_shared<Waiting>(0, 0, true, std::move(done));
  lay_out(waiting);
  return leaving(waiting);
}

Cancel TiledFile::leaving(const WaitingPtr& waiting) {
  if (waiting->answered()) return {};
  return [weak = weak_from_this(), waiting] {
    waiting->answer(Error(EINTR, "interrupted"));
    if (const auto self = weak.lock()) self->left();
  };
}

// Stops the questions to the packed file that nobody waits for.
void TiledFile::left() {
  std::vector<std::shared_ptr<CancelSlot>> unwanted;
  {
    const std::lock_guard lock(mutex_);
    const auto answered = [](const WaitingPtr& waiting) { return waiting->answered(); };
    std::erase_if(waiting_, answered);
    if (waiting_.empty() && header_question_) unwanted.push_back(header_question_);
    for (const auto& [id, flight] : flights_) {
      std::erase_if(flight->waiting, answered);
      if (flight->waiting.empty() && flight->question) unwanted.push_back(flight->question);
    }
  }
  for (const auto& question : unwanted) question->cancel();
}

void TiledFile::fill_piece(Waiting& waiting, const Places& places, std::uint64_t from, std::uint64_t to,
                           std::vector<TiledGroupId>& missing) {
  each_known(*places, from, to,
             [&](std::uint64_t at, std::span<const std::byte> bytes) { waiting.copy(at, bytes); });
  for (std::size_t i = part_at(*places, from); i < places->size() && (*places)[i].at < to; ++i) {
    const PlainPart& part = (*places)[i];
    const std::uint64_t begin = std::max(from, part.data_at());
    const std::uint64_t end = std::min(to, part.data_end());
    if (begin >= end) continue;
    Bytes bytes(width(end - begin));
    if (pieces_.copy(begin, bytes)) {
      waiting.copy(begin, bytes);
      continue;
    }
    const std::uint64_t last = part.group_at(end - 1 - part.data_at());
    for (std::uint64_t group = part.group_at(begin - part.data_at()); group <= last; ++group)
      missing.emplace_back(i, group);
  }
}

// Copies what is here; returns the groups of the rest. REQUIRES: reaches(*places, waiting.end), or all of it is here.
std::vector<TiledGroupId> TiledFile::fill(Waiting& waiting, const Places& places) {
  std::vector<TiledGroupId> missing;
  for (std::uint64_t at = waiting.offset; at < waiting.end;) {
    const std::uint64_t index = at / kChunkBytes;
    const std::uint64_t to = std::min(waiting.end, (index + 1) * kChunkBytes);
    if (const Chunk chunk = pieces_.chunk(index, size_)) {
      waiting.copy(index * kChunkBytes, *chunk);
      ++parts_->counters.hits;
    } else {
      fill_piece(waiting, places, at, to, missing);
    }
    at = to;
  }
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
  return missing;
}

void TiledFile::serve(const WaitingPtr& waiting) {
  const Places known = places();
  if (!reaches(*known, waiting->end)) {
    for (std::uint64_t i = waiting->offset / kChunkBytes; i < chunk_count(waiting->end); ++i) {
      if (!pieces_.chunk(i, size_)) return lay_out(waiting);
    }
  }
  const std::vector<TiledGroupId> missing = fill(*waiting, known);
  if (missing.empty()) return waiting->answer(std::nullopt);
  fly(waiting, known, missing);
}

void TiledFile::fly(const WaitingPtr& waiting, const Places& places,
                    const std::vector<TiledGroupId>& groups) {
  std::vector<FlightPtr> begun;
  std::optional<Error> error;
  {
    const std::lock_guard waiting_lock(waiting->mutex);
    waiting->missing = groups.size();
  }
  {
    const std::lock_guard lock(mutex_);
    error = expired_;
    for (const TiledGroupId& id : error ? std::vector<TiledGroupId>() : groups) {
      FlightPtr& flight = flights_[id];
      if (!flight) {
        flight = std::make_shared<Flight>(id, (*places)[id.first], waiting->cause);
        if (flying_ > 0 && flying_ + flight->run.size > most_flying_) {
          queued_.push_back(flight);
        } else {
          flying_ += flight->run.size;
          begun.push_back(flight);
        }
      }
      flight->waiting.push_back(waiting);
    }
  }
  if (error) return waiting->answer(*error);
  for (const FlightPtr& flight : begun) start(flight);
}

void TiledFile::ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& cause) {
  if (size == 0 || at_hand(offset, width(size)) || !in_use()) return;
  [[maybe_unused]] const Cancel never =
      read(offset, width(size), AskedBy(cause, [](const Result<Bytes>& /*nobody waits*/) {}));
}

bool TiledFile::at_hand(std::uint64_t offset, std::size_t size) {
  const std::uint64_t total = size_;
  if (size == 0 || offset >= total) return true;
  const std::uint64_t end = offset + std::min<std::uint64_t>(size, total - offset);
  const Places known = places();
  const std::uint64_t first = offset / kChunkBytes;
  const auto present = parts_->segments.present(about_.key, first, chunk_count(end) - first);
  for (std::uint64_t i = first; i < chunk_count(end); ++i) {
    if (present[i - first] || parts_->memory.has(about_.key, i)) continue;
    const std::uint64_t from = std::max(offset, i * kChunkBytes);
    const std::uint64_t to = std::min(end, (i + 1) * kChunkBytes);
    if (!reaches(*known, to)) return false;
    std::uint64_t here = 0;
    each_known(*known, from, to,
               [&](std::uint64_t, std::span<const std::byte> bytes) { here += bytes.size(); });
    if (here != to - from) return false;
  }
  return true;
}

bool TiledFile::add_handle() {
  const std::lock_guard lock(mutex_);
  ++handles_;
  return true;
}

// What is read ahead is left.
void TiledFile::drop_handle() {
  std::vector<WaitingPtr> reads;
  {
    const std::lock_guard lock(mutex_);
    if (--handles_ > 0) return;
    reads = under_way();
  }
  for (const auto& one : reads) one->answer(Error(EINTR, "closed"));
  if (!reads.empty()) left();
  pieces_.drop_begun();
}

// REQUIRES: mutex_ held.
std::vector<TiledFile::WaitingPtr> TiledFile::under_way() const {
  std::vector<WaitingPtr> reads;
  for (const auto& one : waiting_) {
    if (!one->for_size) reads.push_back(one);
  }
  for (const auto& [id, flight] : flights_)
    reads.insert(reads.end(), flight->waiting.begin(), flight->waiting.end());
  return reads;
}

bool TiledFile::in_use() {
  const std::lock_guard lock(mutex_);
  return handles_ > 0;
}

void TiledFile::expire(const Error& error) {
  std::vector<WaitingPtr> waiting;
  std::vector<std::shared_ptr<CancelSlot>> questions;
  {
    const std::lock_guard lock(mutex_);
    if (expired_) return;
    expired_ = error;
    waiting = under_way();
    waiting.insert(waiting.end(), waiting_.begin(), waiting_.end());
    waiting_.clear();
    if (header_question_) questions.push_back(header_question_);
    for (const auto& [id, flight] : flights_) {
      if (flight->question) questions.push_back(flight->question);
    }
  }
  for (const auto& one : waiting) one->answer(error);
  for (const auto& question : questions) question->cancel();
}

bool TiledFile::expired() {
  const std::lock_guard lock(mutex_);
  return expired_.has_value();
}

// --- headers ---

void TiledFile::lay_out(const WaitingPtr& waiting) {
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    error = expired_;
    if (!error) {
      waiting_.push_back(waiting);
      if (std::exchange(laying_out_, true)) return;
    }
  }
  if (error) return waiting->answer(*error);
  next_header();
}

// Serves whoever can be served, and asks for the next header if somebody is left.
void TiledFile::next_header() {
  for (;;) {
    std::vector<WaitingPtr> served;
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(waiting_, [&](const WaitingPtr& one) {
        if (one->answered()) return true;
        if (one->for_size ? !complete_ : !complete_ && !reaches(*places_, one->end)) return false;
        served.push_back(one);
        return true;
      });
      if (served.empty() && (waiting_.empty() || expired_)) {
        laying_out_ = false;
        return;
      }
    }
    if (served.empty()) return ask_header();
    for (const WaitingPtr& one : served) {
      if (one->for_size) {
        one->answer(std::nullopt);
      } else {
        serve(one);
      }
    }
  }
}

void TiledFile::ask_header() {
  const std::uint64_t from = layout_.wants();
  const std::uint64_t to_chunk = kChunkBytes - from % kChunkBytes;
  const std::uint64_t left = about_.packed->size() - from;
  const std::uint64_t size = std::min(left, to_chunk < kLeastHeader ? to_chunk + kChunkBytes : to_chunk);
  const auto slot = std::make_shared<CancelSlot>();
  Cause cause;
  {
    const std::lock_guard lock(mutex_);
    header_question_ = slot;
    if (!waiting_.empty()) cause = waiting_.front()->cause;
  }
  const auto question = slot->begin();
  Cancel leave = about_.packed->read(
      from, width(size), AskedBy(cause, [self = shared_from_this(), slot, cause](Result<Bytes> bytes) {
        const Cancel asked = slot->end();
        {
          const std::lock_guard lock(self->mutex_);
          self->header_question_ = nullptr;
        }
        self->parts_->transfers.submit(
            [self, bytes = std::move(bytes)](Lane::Turn& turn) {
              const Inside inside(self->parts_->gate);
              if (!inside || turn.stop().stop_requested()) return self->fail_layout(ending_error());
              self->take_header(bytes);
            },
            {}, cause);
      }));
  slot->hold(question, std::move(leave));
}

void TiledFile::take_header(const Result<Bytes>& bytes) {
  if (!bytes) return bytes.error().code() == EINTR ? next_header() : fail_layout(bytes.error());
  Result<std::vector<PlainPart>> found = Error(EIO, "reading headers");
  try {
    found = layout_.feed(*bytes);
  } catch (const std::exception& bug) {
    found = Error(EIO, bug.what());
  }
  if (!found) {
    spoil(Error(sized() ? EIO : EOPNOTSUPP, found.error().what()));
    return fail_layout(found.error());
  }
  const bool complete = layout_.complete();
  {
    const std::lock_guard lock(mutex_);
    auto grown = std::make_shared<std::vector<PlainPart>>(*places_);
    grown->insert(grown->end(), found->begin(), found->end());
    places_ = std::move(grown);
    complete_ = complete;
  }
  if (complete && size_ == kNoSize) {
    size_ = layout_.size();
    learn_(layout_.size());
  } else if (complete && size_ != layout_.size()) {
    spoil(Error(ESTALE, "the unpacked file has another size than was known"));
  }
  next_header();
}

void TiledFile::fail_layout(const Error& error) {
  std::vector<WaitingPtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
    laying_out_ = false;
  }
  for (const auto& one : waiting) one->answer(error);
}

// --- groups ---

void TiledFile::start(const FlightPtr& flight) {
  flight->begin_again();
  go_on(flight);
}

// Asks for the next bytes that the group needs, or has it decoded.
void TiledFile::go_on(const FlightPtr& flight) {
  const auto packed = flight->next();
  if (!packed) return submit(flight);
  const auto slot = std::make_shared<CancelSlot>();
  {
    const std::lock_guard lock(mutex_);
    flight->question = slot;
  }
  const auto question = slot->begin();
  Cancel leave = about_.packed->read(
      packed->at, width(packed->size),
      AskedBy(flight->cause, [self = shared_from_this(), flight, slot](Result<Bytes> bytes) {
        const Cancel asked = slot->end();
        self->take(flight, std::move(bytes));
      }));
  slot->hold(question, std::move(leave));
}

void TiledFile::take(const FlightPtr& flight, Result<Bytes> bytes) {
  bool wanted = false;
  {
    const std::lock_guard lock(mutex_);
    flight->question = nullptr;
    std::erase_if(flight->waiting, [](const WaitingPtr& one) { return one->answered(); });
    wanted = !flight->waiting.empty() && !expired_;
  }
  // It was stopped for those who left, and somebody has come since.
  if (!bytes && bytes.error().code() == EINTR && wanted) return start(flight);
  if (!bytes) return land(flight, bytes);
  if (auto taken = flight->take(std::move(*bytes)); !taken) {
    spoil(taken.error());
    return land(flight, taken.error());
  }
  go_on(flight);
}

void TiledFile::submit(const FlightPtr& flight) {
  parts_->transfers.submit(
      [self = shared_from_this(), flight](Lane::Turn& turn) {
        const Inside inside(self->parts_->gate);
        if (!inside || turn.stop().stop_requested()) return self->land(flight, ending_error());
        try {
          self->decode(flight);
        } catch (const std::exception& bug) {
          self->land(flight, Error(EIO, bug.what()));
        }
      },
      {}, flight->cause);
}

void TiledFile::decode(const FlightPtr& flight) {
  const auto made = flight->made();
  if (!made) {
    spoil(made.error());
    return land(flight, made);
  }
  if (const auto right = sums_.add(flight->part, flight->id.first, flight->id.second, *made); !right) {
    spoil(right.error());
    return land(flight, right.error());
  }
  const std::uint64_t at = flight->part.data_at() + flight->run.at;
  const std::uint64_t end = at + made->size();
  const std::uint64_t total = size_;
  const Places known = places();
  const std::uint64_t to = std::min({total, chunk_count(end) * kChunkBytes, known->back().end()});
  each_known(
      *known, at / kChunkBytes * kChunkBytes, to,
      [&](std::uint64_t where, std::span<const std::byte> bytes) { pieces_.put(where, bytes, total); });
  pieces_.put(at, *made, total);
  if (expired()) parts_->forget(about_.key);  // a chunk may have been kept after its content was dropped
  land(flight, made);
}

void TiledFile::land(const FlightPtr& flight, const Result<Bytes>& result) {
  std::vector<WaitingPtr> waiting;
  std::vector<FlightPtr> begun;
  {
    const std::lock_guard lock(mutex_);
    flights_.erase(flight->id);
    waiting.swap(flight->waiting);
    flying_ -= flight->run.size;
    while (!queued_.empty() && (flying_ == 0 || flying_ + queued_.front()->run.size <= most_flying_)) {
      const FlightPtr next = std::move(queued_.front());
      queued_.pop_front();
      std::erase_if(next->waiting, [](const WaitingPtr& one) { return one->answered(); });
      if (next->waiting.empty()) {
        flights_.erase(next->id);
        continue;
      }
      flying_ += next->run.size;
      begun.push_back(next);
    }
  }
  const std::uint64_t at = flight->part.data_at() + flight->run.at;
  for (const WaitingPtr& one : waiting) {
    if (!result) {
      one->answer(result.error());
      continue;
    }
    one->copy(at, *result);
    one->came();
  }
  for (const FlightPtr& next : begun) start(next);
}

// It cannot be read any more, and is not to be read by parts again.
void TiledFile::spoil(const Error& error) {
  learn_(std::nullopt);
  parts_->forget(about_.key);
  expire(error);
}

}  // namespace esofs::cache
