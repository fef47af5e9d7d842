#include "cache/content/cached_file_transfer.h"

#include <algorithm>
#include <cerrno>
#include <utility>
#include <vector>

namespace esofs::cache {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostRun = (1ULL << 20U) / kChunkBytes;  // chunks written to the disk at once
constexpr std::uint64_t kMostWhole = 1ULL << 20U;  // of a file that may come whole instead of a range
constexpr int kMostFailures = 3;                   // of one chunk, while nothing comes of the file
constexpr int kMostRefusals = 10;                  // of one chunk, while others come
constexpr std::uint64_t kLeastPart =
    4096;  // bytes of an answer that is shorter than requested; with fewer it counts as broken off

// Takes the body of one answer and lands its chunks.
class Filler : public client::FetchSink {
 public:
  Filler(ContentParts& parts, const RangedFile& file, TransferHost& host, Transfer& transfer)
      : parts_(parts),
        file_(file),
        host_(host),
        transfer_(transfer),
        index_(transfer.next),
        chunk_(std::move(transfer.begun)) {}

  Result<void> head(const client::FileHead& head) override {
    accepted_ = true;
    answered_at_ = steady_clock::now();
    const bool sized = head.total && *head.total == file_.size;
    if (sized && head.validator.empty() && !file_.validator.empty()) {
      version_unknown();
      return Error(ESTALE, "the archive no longer tells the version of " + file_.name);
    }
    const bool same = sized && file_.accepts(head);
    if (!same) return Error(ESTALE, "the archive has another version of " + file_.name);
    const bool whole = !head.partial && file_.size <= kMostWhole && head.first == 0;
    if (whole) skip_ = offset();
    if (!head.partial && !whole) return Error(ESTALE, "the archive no longer sends ranges of " + file_.name);
    if (head.partial && head.first != offset()) return Error(EIO, "the answer is another range");
    return {};
  }

  void version_unknown() override { transfer_.version_unknown = true; }

  Result<void> body(std::span<const std::byte> piece) override {
    parts_.counters.fetched_bytes += piece.size();
    received_ += piece.size();
    last_at_ = steady_clock::now();
    const std::size_t skipped = static_cast<std::size_t>(std::min<std::uint64_t>(skip_, piece.size()));
    skip_ -= skipped;
    piece = piece.subspan(skipped);
    while (!piece.empty()) {
      if (index_ == transfer_.end) return {};  // of a whole small file that was sent instead of a range
      const std::size_t wanted = chunk_size(file_.size, index_);
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

  // The first requested byte.
  std::uint64_t offset() const { return index_ * kChunkBytes + (chunk_ ? chunk_->size() : 0); }
  // Nothing more comes of this answer.
  void end() { write_run(); }
  // What has come of the next chunk.
  std::shared_ptr<Bytes> begun() { return std::move(chunk_); }
  std::uint64_t received() const noexcept { return received_; }

  void tell() const {
    if (accepted_) host_.answered({asked_at_, answered_at_, last_at_, received_});
  }

  bool accepted() const noexcept { return accepted_; }

 private:
  // Readers are answered when their chunk is on the disk; other chunks are written in runs.
  void take(const Chunk& chunk) {
    parts_.memory.put(file_.key, index_, chunk);
    ++parts_.counters.misses;
    run_.push_back(chunk);
    if (host_.awaited_else_unwritten(index_, chunk) || run_.size() == kMostRun) write_run();
    host_.land(&transfer_, index_++, chunk);
  }

  void write_run() {
    if (run_.empty()) return;
    std::vector<ChunkBytes> bytes;
    bytes.reserve(run_.size());
    for (const auto& chunk : run_) bytes.emplace_back(*chunk);
    parts_.segments.put(file_.key, run_first_, bytes);
    host_.written(run_first_, run_.size());
    run_first_ += run_.size();
    run_.clear();
  }

  ContentParts& parts_;
  const RangedFile& file_;
  TransferHost& host_;
  Transfer& transfer_;
  std::uint64_t index_;  // of the chunk that comes in
  std::uint64_t run_first_ = index_;
  std::vector<Chunk> run_;  // not on the disk yet: chunks [run_first_, index_)
  std::uint64_t skip_ = 0;  // bytes before it that were not requested
  std::shared_ptr<Bytes> chunk_;
  bool accepted_ = false;
  std::uint64_t received_ = 0;
  const steady_clock::time_point asked_at_ = steady_clock::now();
  steady_clock::time_point answered_at_ = asked_at_;
  steady_clock::time_point last_at_ = asked_at_;
};

// Of one request.
enum class Ended : std::uint8_t { kAll, kShort, kBrokeOff };

class Run {
 public:
  Run(ContentParts& parts, const RangedFile& file, TransferHost& host, Transfer& transfer, Lane::Turn& turn)
      : parts_(parts), file_(file), host_(host), transfer_(transfer), turn_(turn) {}

  Result<void> all() {
    int failures = 0;  // since a chunk of this transfer has come
    int silent = 0;    // since a chunk of the file has come
    for (std::uint64_t landed = host_.landed();;) {
      take_known();
      const std::uint64_t next = transfer_.next;
      auto ended = once();
      if (ended && *ended == Ended::kAll) return {};
      if (turn_.stop().stop_requested()) return Error(EINTR, "stopped");
      if (!ended) return ended.error();
      if (*ended == Ended::kShort) continue;
      failures = transfer_.next != next ? 1 : failures + 1;
      silent = host_.landed() != landed ? 1 : silent + 1;
      landed = host_.landed();
      if (silent == kMostFailures || failures == kMostRefusals)
        return transfer_.broken.value_or(Error(EIO, "short answer for " + file_.name));
      ++parts_.counters.resumed;
      if (auto paused = turn_.pause(pause_after(failures)); !paused) return paused.error();
    }
  }

 private:
  // Transfers that failed together do not come back together.
  std::chrono::milliseconds pause_after(int failures) const {
    constexpr std::uint64_t kSteps = 8;
    const auto spread = static_cast<int>(transfer_.next % kSteps);
    return parts_.retry_pause * std::min(failures, 2) + parts_.retry_pause * spread / kSteps;
  }

  // Takes chunks at the beginning of the transfer from the cache: they may have landed while it was queued.
  void take_known() {
    while (transfer_.next != transfer_.end) {  // changed by this thread only
      const std::uint64_t index = transfer_.next;
      const auto chunk = host_.here(index);
      if (!chunk) return;
      transfer_.begun.reset();
      host_.land(&transfer_, index, chunk);
    }
  }

  // One request for what is left. Anything but kAll may be taken up again.
  Result<Ended> once() {
    if (transfer_.next == transfer_.end) return Ended::kAll;
    transfer_.url = host_.url();
    client::FetchRequest request;
    request.url = transfer_.url;
    Filler filler(parts_, file_, host_, transfer_);
    const std::uint64_t offset = filler.offset();
    request.range = client::ByteRange{offset, std::min(transfer_.end * kChunkBytes, file_.size) - offset};
    request.validator = file_.validator;
    request.tag = file_.tag;
    request.date = file_.date;
    request.total = file_.size;
    request.fits = file_.fits;
    request.rights = client::Rights::of(file_.key.login().name);
    ++parts_.counters.requests;
    auto fetched = parts_.archive.fetch(request, filler, turn_);
    filler.end();
    filler.tell();
    if (transfer_.next == transfer_.end) return Ended::kAll;
    if (fetched) {
      transfer_.begun = filler.begun();
      return filler.received() >= std::min(kLeastPart, request.range->size) ? Ended::kShort
                                                                            : Ended::kBrokeOff;
    }
    const int code = fetched.error().code();
    const bool told = code == ESTALE || code == EACCES || code == ENOENT;
    // A server that fails on one range (HTTP 500) has given others.
    if (told || (!filler.accepted() && code != EIO)) return fetched.error();
    transfer_.broken = fetched.error();
    return Ended::kBrokeOff;
  }

  ContentParts& parts_;
  const RangedFile& file_;
  TransferHost& host_;
  Transfer& transfer_;
  Lane::Turn& turn_;
};

}  // namespace

bool RangedFile::accepts(const client::FileHead& head) const {
  return validator.empty() || head.validator == validator || client::same_stamps(tag, date, head);
}

Result<void> run_transfer(ContentParts& parts, const RangedFile& file, TransferHost& host, Transfer& transfer,
                          Lane::Turn& turn) {
  return Run(parts, file, host, transfer, turn).all();
}

}  // namespace esofs::cache
