#include "cache/content/likely_file.h"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <utility>

#include "client/base/iso_time.h"
#include "client/http/url.h"

namespace esofs::cache {
namespace {

class PartSink : public client::FetchSink {
 public:
  explicit PartSink(ContentCounters& counters) : counters_(counters) {}

  Result<void> head(const client::FileHead& head) override {
    if (!head.partial || !head.total) return Error(EIO, "not a part of a file");
    part_.head = head;
    return {};
  }
  Result<void> body(std::span<const std::byte> piece) override {
    counters_.fetched_bytes += piece.size();
    part_.bytes->insert(part_.bytes->end(), piece.begin(), piece.end());
    return {};
  }

  // nullopt: it is shorter than what was asked for.
  std::optional<LikelyFile::Part> part() const {
    if (part_.bytes->size() != std::min<std::uint64_t>(kChunkBytes, *part_.head.total)) return std::nullopt;
    return part_;
  }

 private:
  ContentCounters& counters_;
  LikelyFile::Part part_{{}, std::make_shared<Bytes>()};
};

}  // namespace

void LikelyFile::begin(const Cause& cause) {
  submit(&LikelyFile::head_, cause);
  if (asks_tail_) submit(&LikelyFile::tail_, cause);
}

void LikelyFile::submit(Asked LikelyFile::*asked, const Cause& cause) {
  const auto job = [self = shared_from_this(), asked](Lane::Turn& turn) {
    turn.watch([&self, asked](std::chrono::milliseconds silence) {
      const std::lock_guard lock(self->mutex_);
      const auto& gives_up = (self.get()->*asked).taker.gives_up;
      return gives_up && gives_up(silence);
    });
    std::optional<Part> part;
    try {
      part = self->fetch(asked == &LikelyFile::tail_, turn);
    } catch (const std::exception&) {
      part.reset();  // it is asked for again
    }
    Taker taker;
    {
      const std::lock_guard lock(self->mutex_);
      Asked& it = self.get()->*asked;
      it.ended = true;
      it.part = part;
      taker = std::exchange(it.taker, {});
    }
    if (taker.take) taker.take(part);
  };
  parts_->transfers.submit(job, job_kind(client::server_of(url_), cause), cause);
}

std::optional<LikelyFile::Part> LikelyFile::fetch(bool tail, Lane::Turn& turn) {
  const Inside inside(parts_->gate);
  if (!inside || turn.stop().stop_requested()) return std::nullopt;
  const StoppableTurn stoppable(turn, stop_, parts_->gate.stop());
  client::FetchRequest request;
  request.url = url_;
  request.range = client::ByteRange{0, kChunkBytes};
  request.tail = tail;
  request.fits = extension_ == ".fits";
  request.extension = extension_;
  PartSink sink(parts_->counters);
  ++parts_->counters.requests;
  if (!parts_->archive.fetch(request, sink, turn)) return std::nullopt;
  return sink.part();
}

void LikelyFile::give(Asked& asked, Taker taker) {
  std::optional<Part> part;
  {
    const std::lock_guard lock(mutex_);
    if (!asked.ended) {
      asked.taker = std::move(taker);
      return;
    }
    part = std::move(asked.part);
  }
  taker.take(part);
}

std::shared_ptr<LikelyFile> LikelyFiles::ask(const std::shared_ptr<ContentParts>& parts,
                                             const client::Dataset& dataset, const Cause& cause) {
  if (luck_ < 0 || before_release(dataset, parts->now())) return nullptr;
  const std::string url = parts->archive.likely_url(dataset);
  if (url.empty()) return nullptr;
  const bool tail = dataset.extension == ".fits" && dataset.estimate_bytes > kChunkBytes &&
                    cause.operation != Operation::kHeaders;
  auto file = std::make_shared<LikelyFile>(parts, url, dataset.extension, tail);
  file->begin(cause);
  return file;
}

bool LikelyFiles::confirmed(LikelyFile& file, const Result<client::FileSource>& source) {
  const bool right = source && source->url == file.url();
  if (!right) file.drop();
  if (source && !right) --luck_;
  if (right && luck_ < kMostLuck) ++luck_;
  return right;
}

bool before_release(const client::Dataset& dataset, std::int64_t now) {
  const auto release = client::parse_iso_time(dataset.release_date);
  return release && *release > now;
}

}  // namespace esofs::cache
