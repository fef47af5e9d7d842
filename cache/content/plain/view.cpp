#include "cache/content/plain/view.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <functional>
#include <utility>

#include "cache/content/plain/joined_chunks.h"
#include "client/base/asker.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kStep = 4U << 20U;  // bytes of the delivered file read at once

Result<Chunk> chunk_of(int fd, std::uint64_t size, std::uint64_t index) {
  auto bytes = std::make_shared<Bytes>(chunk_size(size, index));
  std::size_t got = 0;
  while (got < bytes->size()) {
    const ssize_t n =
        ::pread(fd, bytes->data() + got, bytes->size() - got, static_cast<off_t>(index * kChunkBytes + got));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Error(EIO, "reading an unpacked file");
    got += static_cast<std::size_t>(n);
  }
  return Chunk(std::move(bytes));
}

// The steps of make_view: each is a job that starts a read and ends; the read's answer submits the next.
class ViewMaking : public std::enable_shared_from_this<ViewMaking> {
 public:
  ViewMaking(std::shared_ptr<ContentParts> parts, ViewRequest request, Done<MadeView> done)
      : parts_(std::move(parts)), request_(std::move(request)), done_(std::move(done)) {}

  void next() {
    parts_->transfers.submit(
        [self = shared_from_this()](Lane::Turn& turn) {
          const Inside inside(self->parts_->gate);
          if (!inside || turn.stop().stop_requested()) return self->done_(ending_error());
          try {
            self->step(turn);
          } catch (const std::exception& bug) {
            self->done_(Error(EIO, bug.what()));
          }
        },
        {}, done_.cause());
  }

 private:
  void step(Lane::Turn& turn) {
    if (request_.attempt->stop.stop_requested()) return done_(Error(EINTR, "nobody waits for it"));
    if (!spool_) {
      auto spool = somewhere<UniqueFd>([&] { return scratch_file(places_.front()); });
      if (!spool) return done_(spool.error());
      spool_ = std::move(*spool);
    }
    if (position_ == request_.packed->size()) return done_(unpack(turn));
    CancelSlot& slot = request_.attempt->question;
    const auto question = slot.begin();
    Cancel leave = request_.packed->read(
        position_, kStep, AskedBy(done_.cause(), [self = shared_from_this()](Result<Bytes> bytes) {
          const Cancel asked = self->request_.attempt->question.end();
          if (!bytes) return self->done_(bytes.error());
          auto written = self->spool(*bytes);
          if (!written) return self->done_(written.error());
          self->position_ += bytes->size();
          self->next();
        }));
    slot.hold(question, std::move(leave));
  }

  // Does `work` with the first of the places that has room for it.
  template <class T>
  Result<T> somewhere(const std::function<Result<T>()>& work) {
    for (;;) {
      auto done = work();
      if (done || !no_room(done.error()) || places_.size() == 1) return done;
      places_.erase(places_.begin());
    }
  }

  // Keeps what was read. If there is no more room, what is here already moves to the next place.
  Result<void> spool(const Bytes& bytes) {
    bool moves = false;
    return somewhere<void>([&]() -> Result<void> {
      if (std::exchange(moves, true)) {
        if (auto moved = move_spool(); !moved) return moved;
      }
      return write_scratch(spool_.get(), bytes, position_);
    });
  }

  Result<void> move_spool() {
    auto next = scratch_file(places_.front());
    if (!next) return next.error();
    for (std::uint64_t i = 0; i < chunk_count(position_); ++i) {
      auto chunk = chunk_of(spool_.get(), position_, i);
      if (!chunk) return chunk.error();
      if (auto written = write_scratch(next->get(), **chunk, i * kChunkBytes); !written) return written;
    }
    spool_ = std::move(*next);
    return {};
  }

  Result<MadeView> unpack(Lane::Turn& turn) {
    std::stop_source stop;
    const StoppableTurn stoppable(turn, stop, parts_->gate.stop());
    auto plain = somewhere<UniqueFd>([&] { return funpacked(spool_.get(), places_.front(), turn.stop()); });
    if (!plain) return plain.error();
    spool_.reset();
    struct stat state {};
    if (::fstat(plain->get(), &state) != 0) return Error(EIO, "looking at an unpacked file");
    MadeView made;
    made.size = static_cast<std::uint64_t>(state.st_size);
    bool all_kept = true;
    for (std::uint64_t i = 0; i < chunk_count(made.size); ++i) {
      auto chunk = chunk_of(plain->get(), made.size, i);
      if (!chunk) return chunk.error();
      all_kept = parts_->segments.put(request_.key, i, **chunk) && all_kept;
    }
    if (!all_kept) made.kept = std::make_shared<UniqueFd>(std::move(*plain));
    return made;
  }

  const std::shared_ptr<ContentParts> parts_;
  const ViewRequest request_;
  const Done<MadeView> done_;
  std::vector<std::filesystem::path> places_ = scratch_places(request_.scratch);  // not found full yet
  UniqueFd spool_;
  std::uint64_t position_ = 0;
};

}  // namespace

void make_view(std::shared_ptr<ContentParts> parts, ViewRequest request, Done<MadeView> done) {
  std::make_shared<ViewMaking>(std::move(parts), std::move(request), std::move(done))->next();
}

// --- ViewFile ---

struct ViewFile::Waiting : Asker<Bytes> {
  Waiting(std::uint64_t at, std::size_t bytes, Done<Bytes> done)
      : Asker(std::move(done)), offset(at), size(bytes) {}

  const std::uint64_t offset;
  const std::size_t size;
};

ViewFile::ViewFile(std::shared_ptr<ContentParts> parts, ContentKey key, MadeView made, Remake remake)
    : parts_(std::move(parts)),
      key_(std::move(key)),
      size_(made.size),
      remake_(std::move(remake)),
      pin_(parts_->segments.pin(key_)),
      kept_(std::move(made.kept)) {}

Chunk ViewFile::chunk_here(std::uint64_t index) {
  if (auto chunk = parts_->here(key_, index, chunk_size(size_, index))) return chunk;
  std::shared_ptr<UniqueFd> kept;
  {
    const std::lock_guard lock(mutex_);
    kept = kept_;
  }
  if (!kept) return nullptr;
  auto chunk = chunk_of(kept->get(), size_, index);
  return chunk ? *chunk : nullptr;
}

std::optional<Bytes> ViewFile::bytes_here(std::uint64_t offset, std::size_t size) {
  return joined_chunks(*parts_, offset, offset + size,
                       [this](std::uint64_t index) { return chunk_here(index); });
}

Cancel ViewFile::read(std::uint64_t offset, std::size_t size, Done<Bytes> done) {
  if (size == 0 || offset >= size_) {
    done(Bytes());
    return {};
  }
  size = static_cast<std::size_t>(std::min<std::uint64_t>(size, size_ - offset));
  std::optional<Error> error;
  {
    const std::lock_guard lock(mutex_);
    error = expired_;
  }
  if (error) {
    done(*error);
    return {};
  }
  if (auto bytes = bytes_here(offset, size)) {
    done(std::move(*bytes));
    return {};
  }
  const Cause cause = done.cause();
  const auto waiting = std::make_shared<Waiting>(offset, size, std::move(done));
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = waiting_.empty();
    waiting_.push_back(waiting);
  }
  if (first) {
    remake_(
        AskedBy(cause, [self = shared_from_this()](const Result<MadeView>& made) { self->remade(made); }));
  }
  return [waiting] { waiting->answer(Error(EINTR, "interrupted")); };
}

void ViewFile::remade(const Result<MadeView>& made) {
  std::vector<std::shared_ptr<Waiting>> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting.swap(waiting_);
    if (made) kept_ = made->kept;
  }
  for (const auto& read : waiting) {
    if (!made) {
      read->answer(made.error());
    } else if (made->size != size_) {
      read->answer(Error(ESTALE, "the unpacked file has another size than before"));
    } else if (auto bytes = bytes_here(read->offset, read->size)) {
      read->answer(std::move(*bytes));
    } else {
      read->answer(Error(EIO, "the cache loses an unpacked file while it is read"));
    }
  }
}

void ViewFile::expire(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!expired_) expired_ = error;
}

bool ViewFile::expired() {
  const std::lock_guard lock(mutex_);
  return expired_.has_value();
}

}  // namespace esofs::cache
