#include "cache/content/plain/unpacked_file.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <utility>

#include "cache/content/plain/joined_chunks.h"
#include "client/base/asker.h"

namespace esofs::cache {
namespace {

constexpr auto kUnknownLength = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
// A packed file of at most this size is decoded to its end before its size is told: so that also a plain file that does not end
// where its headers say is read rightly, and at the cost of one request.
constexpr std::uint64_t kSmallPacked = 1ULL << 20U;
// Of the packed file for one step: as much as was decoded before, so that too much costs at most as much as was wanted.
constexpr std::uint64_t kLeastStep = kChunkBytes;
constexpr std::uint64_t kMostStep = 1ULL << 20U;
constexpr std::size_t kLengthBytes = 4;  // at the end of gzip

Error another_size() { return {ESTALE, "the unpacked file has another size than its headers say"}; }

}  // namespace

// A read, or a question for the size.
struct UnpackedFile::Waiting : Asker<Bytes> {
  Waiting(std::uint64_t at, std::uint64_t up_to, bool size_only, const Done<Bytes>& done)
      : Asker(done), offset(at), end(up_to), for_size(size_only), cause(done.cause()) {}

  const std::uint64_t offset;
  const std::uint64_t end;
  const bool for_size;
  const Cause cause;
  bool again = false;  // decoded again for it; used by the one who is busy
};

UnpackedFile::UnpackedFile(std::shared_ptr<ContentParts> parts, About about, Learn learn)
    : parts_(std::move(parts)),
      about_(std::move(about)),
      learn_(std::move(learn)),
      pin_(parts_->segments.pin(about_.key)),
      packed_handle_(handle_of(about_.packed)),
      size_(about_.size.value_or(kUnknownLength)),
      kept_(about_.scratch),
      asks_length_(about_.headers_tell && !about_.size && about_.packing == Packing::kGzip &&
                   about_.packed->size() > kSmallPacked) {}

// --- readers ---

Chunk UnpackedFile::chunk_here(std::uint64_t index) {
  const std::uint64_t size = size_;
  if (index >= chunk_count(size)) return nullptr;
  if (auto chunk = parts_->here(about_.key, index, chunk_size(size, index))) return chunk;
  return kept_.get(index);
}

std::optional<Bytes> UnpackedFile::bytes_here(std::uint64_t offset, std::uint64_t end) {
  return joined_chunks(*parts_, offset, end, [this](std::uint64_t index) { return chunk_here(index); });
}

Cancel UnpackedFile::read(std::uint64_t offset, std::size_t size, Done<Bytes> done) {
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
  if (auto bytes = bytes_here(offset, end)) {
    done(std::move(*bytes));
    return {};
  }
  return wait(std::make_shared<Waiting>(offset, end, false, std::move(done)));
}

Cancel UnpackedFile::when_sized(Done<Bytes> done) {
  if (size_ != kUnknownLength) {
    done(Bytes());
    return {};
  }
  return wait(std::make_shared<Waiting>(0, 0, true, std::move(done)));
}

Cancel UnpackedFile::wait(const WaitingPtr& waiting) {
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    error = expired_;
    if (!error) waiting_.push_back(waiting);
  }
  if (error) {
    waiting->answer(*error);
    return {};
  }
  pump();
  if (waiting->answered()) return {};
  return [weak = weak_from_this(), waiting] {
    waiting->answer(Error(EINTR, "interrupted"));
    if (const auto self = weak.lock()) self->left();
  };
}

// Stops the question to the packed file if nobody waits for its answer.
void UnpackedFile::left() {
  std::shared_ptr<CancelSlot> unwanted;
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [](const WaitingPtr& waiting) { return waiting->answered(); });
    if (waiting_.empty() && (handles_ == 0 || ahead_end_ == 0)) unwanted = question_;
  }
  if (unwanted) unwanted->cancel();
}

void UnpackedFile::ask_ahead(std::uint64_t offset, std::uint64_t size, const Cause& cause) {
  if (size == 0 || at_hand(offset, static_cast<std::size_t>(size))) return;
  {
    const std::lock_guard lock(mutex_);
    if (expired_ || handles_ == 0) return;
    ahead_end_ = std::max(ahead_end_, offset + size);
    ahead_cause_ = cause;
  }
  pump();
}

bool UnpackedFile::at_hand(std::uint64_t offset, std::size_t size) {
  const std::uint64_t total = size_;
  if (size == 0 || offset >= total) return true;
  const std::uint64_t first = offset / kChunkBytes;
  const std::uint64_t end = chunk_count(offset + std::min<std::uint64_t>(size, total - offset));
  const auto present = parts_->segments.present(about_.key, first, end - first);
  for (std::uint64_t i = first; i < end; ++i) {
    if (!present[i - first] && !parts_->memory.has(about_.key, i)) return false;
  }
  return true;
}

bool UnpackedFile::add_handle() {
  const std::lock_guard lock(mutex_);
  ++handles_;
  return true;
}

void UnpackedFile::drop_handle() {
  {
    const std::lock_guard lock(mutex_);
    if (--handles_ > 0) return;
    ahead_end_ = 0;
  }
  left();
}

bool UnpackedFile::in_use() {
  const std::lock_guard lock(mutex_);
  return handles_ > 0;
}

void UnpackedFile::expire(const Error& error) {
  std::vector<WaitingPtr> waiting;
  std::shared_ptr<CancelSlot> question;
  {
    const std::lock_guard lock(mutex_);
    if (expired_) return;
    expired_ = error;
    waiting.swap(waiting_);
    question = question_;
  }
  if (question) question->cancel();
  for (const auto& one : waiting) one->answer(error);
}

bool UnpackedFile::expired() {
  const std::lock_guard lock(mutex_);
  return expired_.has_value();
}

// --- the steps ---

void UnpackedFile::pump() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(busy_, true)) return;
  }
  proceed();
}

bool UnpackedFile::all_made(std::uint64_t end) const { return whole_ || landed_ * kChunkBytes >= end; }

void UnpackedFile::answer_if_here(const WaitingPtr& waiting) {
  const std::uint64_t total = size_;
  if (waiting->for_size) {
    if (total != kUnknownLength) waiting->answer(Bytes());
    return;
  }
  const std::uint64_t end = std::min(waiting->end, total);
  if (waiting->offset >= end) return waiting->answer(Bytes());
  if (auto bytes = bytes_here(waiting->offset, end)) return waiting->answer(std::move(*bytes));
  if (!all_made(end)) return;
  if (std::exchange(waiting->again, true))
    return waiting->answer(Error(EIO, "the cache loses an unpacked file while it is read"));
  lost_ = true;
}

// Answers whoever can be answered, and decodes on if somebody is left.
void UnpackedFile::proceed() {
  std::vector<WaitingPtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = waiting_;
  }
  for (const auto& one : waiting) answer_if_here(one);
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(waiting_, [](const WaitingPtr& one) { return one->answered(); });
    const bool ahead = handles_ > 0 && !all_made(std::min<std::uint64_t>(ahead_end_, size_));
    if (expired_ || (waiting_.empty() && !ahead)) {
      busy_ = false;
      return;
    }
  }
  ask();
}

void UnpackedFile::begin_again() {
  unpacking_.reset();
  packed_at_ = made_ = landed_ = 0;
  chunk_.reset();
  whole_ = lost_ = false;
  not_kept_.reset();
}

void UnpackedFile::ask() {
  if (lost_) begin_again();
  const std::uint64_t size = about_.packed->size();
  if (packed_at_ > 0 && size_ == kUnknownLength && std::exchange(asks_length_, false)) return ask_length();
  if (packed_at_ >= size) return submit(Bytes());
  const std::uint64_t step = std::min(std::clamp(packed_at_, kLeastStep, kMostStep), size - packed_at_);
  ask_packed(packed_at_, static_cast<std::size_t>(step),
             [self = shared_from_this()](Result<Bytes> packed) { self->submit(std::move(packed)); });
}

// Not before a first step: who reads a header does not need it.
void UnpackedFile::ask_length() {
  const auto take = [self = shared_from_this()](const Result<Bytes>& length) {
    if (!length && length.error().code() == EINTR) self->asks_length_ = true;
    if (length && length->size() == kLengthBytes) {
      self->told_ = 0;
      for (std::size_t i = kLengthBytes; i-- > 0;)
        self->told_ = *self->told_ << 8U | std::to_integer<std::uint32_t>((*length)[i]);
    }
    self->submit(Bytes());
  };
  ask_packed(about_.packed->size() - kLengthBytes, kLengthBytes, take);
}

void UnpackedFile::ask_packed(std::uint64_t offset, std::size_t size,
                              std::function<void(Result<Bytes>)> then) {
  const auto slot = std::make_shared<CancelSlot>();
  Cause cause;
  {
    const std::lock_guard lock(mutex_);
    question_ = slot;
    cause = waiting_.empty() ? ahead_cause_ : waiting_.front()->cause;
  }
  const auto question = slot->begin();
  Cancel leave = about_.packed->read(
      offset, size,
      AskedBy(cause, [self = shared_from_this(), slot, then = std::move(then)](Result<Bytes> bytes) {
        const Cancel asked = slot->end();
        {
          const std::lock_guard lock(self->mutex_);
          if (self->question_ == slot) self->question_ = nullptr;
        }
        then(std::move(bytes));
      }));
  slot->hold(question, std::move(leave));
}

void UnpackedFile::submit(Result<Bytes> packed) {
  Cause cause;
  {
    const std::lock_guard lock(mutex_);
    cause = waiting_.empty() ? ahead_cause_ : waiting_.front()->cause;
  }
  parts_->transfers.submit(
      [self = shared_from_this(), packed = std::move(packed)](Lane::Turn& turn) {
        const Inside inside(self->parts_->gate);
        if (!inside || turn.stop().stop_requested()) return self->failed(ending_error());
        std::stop_source stop;
        const StoppableTurn stoppable(turn, stop, self->parts_->gate.stop());
        try {
          self->step(packed, turn.stop());
        } catch (const std::exception& bug) {
          self->lost_ = true;
          self->failed(Error(EIO, bug.what()));
        }
      },
      {}, cause);
}

void UnpackedFile::step(const Result<Bytes>& packed, const std::stop_token& stop) {
  if (!packed) return packed.error().code() == EINTR ? proceed() : failed(packed.error());
  const auto decoded = decode(*packed, stop);
  if (expired()) parts_->forget(about_.key);  // a chunk may have been kept after its content was dropped
  if (decoded) return proceed();
  if (!not_kept_) return spoil(decoded.error());
  lost_ = true;
  failed(*not_kept_);
}

Result<void> UnpackedFile::decode(const Bytes& packed, const std::stop_token& stop) {
  if (whole_) return {};
  if (!unpacking_) {
    unpacking_ = std::make_unique<Unpacking>(about_.packing,
                                             [this](std::span<const std::byte> made) { return take(made); });
  }
  stop_ = stop;
  packed_at_ += packed.size();
  if (auto fed = unpacking_->feed(packed); !fed) return fed;
  const std::uint64_t packed_size = about_.packed->size();
  if (packed_at_ >= packed_size) return finish();
  if (size_ != kUnknownLength || !about_.headers_tell || packed_size <= kSmallPacked) return {};
  if (const auto told = unpacking_->expected_size(told_)) learn_size(*told);
  return {};
}

Result<void> UnpackedFile::take(std::span<const std::byte> made) {
  if (stop_.stop_requested()) return *(not_kept_ = ending_error());
  const std::uint64_t total = size_;
  if (made.size() > total - made_) return another_size();
  while (!made.empty()) {
    if (chunk_ && chunk_->size() == kChunkBytes) {
      if (auto landed = land(); !landed) return *(not_kept_ = landed.error());
    }
    if (!chunk_) {
      chunk_ = std::make_shared<Bytes>();
      chunk_->reserve(kChunkBytes);
    }
    const std::size_t taken = std::min<std::size_t>(kChunkBytes - chunk_->size(), made.size());
    chunk_->insert(chunk_->end(), made.begin(), made.begin() + static_cast<std::ptrdiff_t>(taken));
    made = made.subspan(taken);
    made_ += taken;
  }
  return {};
}

Result<void> UnpackedFile::land() {
  const std::shared_ptr<Bytes> chunk = std::exchange(chunk_, nullptr);
  const std::uint64_t index = landed_;
  parts_->memory.put(about_.key, index, chunk);
  const bool here = parts_->segments.present(about_.key, index, 1).front();
  if (!here && !parts_->segments.put(about_.key, index, *chunk)) {
    if (auto kept = kept_.put(index, *chunk); !kept) return kept;
  }
  ++landed_;
  return {};
}

// The packed file has ended.
Result<void> UnpackedFile::finish() {
  if (auto ended = unpacking_->end(); !ended) return ended;
  const std::uint64_t total = size_;
  if (total != kUnknownLength && total != made_) return another_size();
  if (chunk_) {
    if (auto landed = land(); !landed) return *(not_kept_ = landed.error());
  }
  whole_ = true;
  unpacking_.reset();
  if (total == kUnknownLength) learn_size(made_);
  return {};
}

void UnpackedFile::learn_size(std::uint64_t size) {
  size_ = size;
  learn_(size);
}

// This step has brought nothing; a later read tries again.
void UnpackedFile::failed(const Error& error) {
  std::vector<WaitingPtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
    ahead_end_ = 0;
    busy_ = false;
  }
  for (const auto& one : waiting) one->answer(error);
}

// It cannot be read any more.
void UnpackedFile::spoil(const Error& error) {
  std::vector<WaitingPtr> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = waiting_;
  }
  for (const auto& one : waiting) answer_if_here(one);
  learn_(std::nullopt);
  parts_->forget(about_.key);
  expire(error);
  const std::lock_guard lock(mutex_);
  busy_ = false;
}

}  // namespace esofs::cache
