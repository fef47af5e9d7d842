#include "cache/content/opening.h"

#include <cerrno>
#include <chrono>
#include <exception>
#include <mutex>
#include <utility>

#include "cache/content/cached_file.h"
#include "cache/content/forms/wholeness.h"
#include "cache/content/package_probe.h"
#include "cache/content/tail.h"
#include "cache/content/whole_file.h"
#include "client/http/http.h"
#include "client/http/url.h"

namespace esofs::cache {
namespace {

constexpr int kAttempts = 3;  // of an answer that breaks off
constexpr std::size_t kMagicBytes = 3;
// A header that the archive corrects on download grows or shrinks by a few blocks of 2880 bytes.
constexpr std::uint64_t kCorrectedHeader = 10ULL * 2880;

bool is_fits(const OpeningRequest& request) {
  return request.dataset.extension == ".fits" && package_extension(request.source).empty();
}

// Whether the last chunk is asked for, unless it is the first one too.
bool wants_tail(const OpeningRequest& request) {
  return is_fits(request) && request.attempt->cause.operation != Operation::kHeaders;
}

// The result of a job that was made with a login is private, even if the service would give it to anybody.
bool made_with_login(client::Archive& archive, const client::Dataset& dataset) {
  return dataset.id.starts_with("job:") && !archive.identity_for(dataset.access_url).empty();
}

// The name that a URL gives a packed FITS file; "" for other files, whose names tell nothing that their bytes do not.
std::string packed_name(const std::string& url) {
  std::string name = client::last_part(url);
  return packing_of(name) == Packing::kNone ? std::string() : name;
}

class Opening : public std::enable_shared_from_this<Opening> {
 public:
  Opening(std::shared_ptr<ContentParts> parts, std::shared_ptr<OpeningHost> host, OpeningRequest request)
      : parts_(std::move(parts)), host_(std::move(host)), request_(std::move(request)) {}

  void begin() {
    const auto& length = request_.source.length;
    const bool ask_tail = wants_tail(request_) && !request_.dataset.is_cutout() && !request_.in_one &&
                          length && *length > kChunkBytes;
    if (ask_tail) tail_.total = *length;
    submit(&Opening::fetch_file);
    if (ask_tail) submit(&Opening::fetch_tail);
  }

  // The same by what has been asked for at this URL already.
  void begin_with(const std::shared_ptr<LikelyFile>& likely) {
    request_.attempt->alive_at = parts_->now();
    likely->take_head(
        [self = shared_from_this(), likely](const std::optional<LikelyFile::Part>& head) {
          if (head && self->opened_by(*head, likely)) return;
          likely->drop();
          self->begin();
        },
        [attempt = request_.attempt](std::chrono::milliseconds silence) {
          return attempt->patience.ends(silence);
        });
  }

 private:
  class HeadSink;

  void submit(void (Opening::*job)(Lane::Turn&)) {
    parts_->transfers.submit([self = shared_from_this(), job](Lane::Turn& turn) { (self.get()->*job)(turn); },
                             job_kind(client::server_of(request_.source.url), request_.attempt->cause),
                             request_.attempt->cause);
  }

  void fetch_file(Lane::Turn& turn) {
    const std::stop_token lane = turn.stop();
    const Inside inside(parts_->gate);
    if (!inside || lane.stop_requested()) return host_->failed(request_, OpeningEnd::kEnding, ending_error());
    try {
      request_.attempt->alive_at = parts_->now();
      const StoppableTurn stoppable(turn, stop_, parts_->gate.stop());
      turn.watch([this](std::chrono::milliseconds silence) { return gives_up(silence); });
      auto fetched = fetch_all(turn);
      if (!fetched && !answered_) host_->failed(request_, end_of(fetched.error(), lane), fetched.error());
    } catch (const std::exception& bug) {
      if (whole_) whole_->spoil(Error(EIO, bug.what()));
      if (!answered_) host_->failed(request_, OpeningEnd::kFailed, Error(EIO, bug.what()));
    }
  }

  // Whether an answer of this head continues the one before. No two cutouts are alike, whatever is said of them.
  bool continues(const client::FileHead& head) const {
    if (request_.dataset.is_cutout()) return false;
    return (!head.validator.empty() && head.validator == whole_head_.validator) ||
           client::same_stamps(whole_head_.tag, whole_head_.date, head);
  }

  // The server has been silent for so long.
  bool gives_up(std::chrono::milliseconds silence) const {
    if (!answered_ && request_.attempt->patience.ends(silence)) return true;
    return whole_ && whole_->gives_up(silence, continues(whole_head_));
  }

  // A stop request alone does not mean that the attempt was stopped: a response that broke off for good requests one as well.
  OpeningEnd end_of(const Error& error, const std::stop_token& lane) const {
    if (package_) return OpeningEnd::kPackage;
    if (parts_->gate.stop().stop_requested() || lane.stop_requested()) return OpeningEnd::kEnding;
    if (error.code() == EINTR && stop_.stop_requested()) return OpeningEnd::kStopped;
    return error.code() == EACCES || error.code() == ENOENT ? OpeningEnd::kRefused : OpeningEnd::kFailed;
  }

  bool needs_login() const;  // credentials are sent with the first request
  Result<void> fetch_all(Lane::Turn& turn);
  Error told(const Error& error, bool accepted, Lane::Turn& turn);
  void fetch_tail(Lane::Turn& turn);
  bool gives_up_tail(std::chrono::milliseconds silence);
  void tail_ended(const std::shared_ptr<Bytes>& bytes, const client::FileHead& head);
  bool opened_by(const LikelyFile::Part& head, const std::shared_ptr<LikelyFile>& likely);
  void take_likely_tail(const std::shared_ptr<CachedFile>& file, std::uint64_t total);
  void settle_tail(const std::shared_ptr<CachedFile>& file, std::uint64_t total);

  FileRecord record_of(const client::FileHead& head) const {
    FileRecord record;
    record.url = client::shown_url(request_.source.url) == request_.source.url ? request_.source.url : "";
    record.name = head.name.empty() ? request_.source.original_name : head.name;
    if (record.name.empty()) record.name = packed_name(request_.source.url);
    record.validator = head.validator;
    record.tag = head.tag;
    record.date = head.date;
    record.size = head.total.value_or(0);
    record.mtime = request_.dataset.mtime;
    record.modified = request_.dataset.modified;
    record.since = parts_->now();
    if (request_.before) continue_record(record, *request_.before, request_.dataset);
    record.parent = request_.parent;
    record.checked_at = parts_->now();
    return record;
  }

  // Of a file in ranges.
  void set_key(FileRecord& record, const client::FileHead& head) const {
    record.key = ContentKey({request_.id, version_of(head, request_.dataset), Login{head.identity}});
    const auto& before = request_.before;
    if (!before || before->whole) return;
    // If the server sends no validator, keep the remembered version while the size is unchanged and no newer date is known.
    const bool untold = head.validator.empty() && before->validator.empty();
    const bool same = (untold && same_version(*before, request_.dataset)) ||
                      client::same_stamps(before->tag, before->date, head);
    if (same && before->size == record.size && before->login().name == head.identity)
      record.key = before->key;
    if (record.key != before->key) return;
    record.since = before->since;
    if (record.tag.empty() && !before->tag.empty()) {  // not in this answer
      record.tag = before->tag;
      record.validator = before->validator;
    }
  }

  void readable(const Delivered& delivered) {
    answered_ = true;
    host_->readable(request_, delivered);
  }

  const std::shared_ptr<ContentParts> parts_;
  const std::shared_ptr<OpeningHost> host_;
  const OpeningRequest request_;
  std::stop_source stop_ = request_.attempt->stop;
  bool answered_ = false;  // used by the job of the head only, as is
  bool no_range_ = false;  // the server has none to give, or does not say of what it is one
  std::optional<client::FileSource> package_;  // that came in place of a FITS file
  std::shared_ptr<WholeFile> whole_;
  client::FileHead whole_head_;         // of its latest answer
  std::shared_ptr<LikelyFile> likely_;  // whose head has opened the file
  std::mutex mutex_;
  Tail tail_;  // guarded by mutex_, except total and index()
};

// Takes the answer to the first request, which is a range or all of the file.
class Opening::HeadSink : public client::FetchSink {
 public:
  // counts: the bytes have not been counted yet.
  HeadSink(Opening& opening, Lane::Turn& turn, bool counts = true)
      : opening_(opening), turn_(turn), counts_(counts) {}

  Result<void> head(const client::FileHead& head) override {
    accepted_ = true;
    alive();
    if (is_fits(opening_.request_)) opening_.package_ = package_of_answer(opening_.request_.source, head, {});
    if (opening_.package_) return package_error(package_extension(*opening_.package_));
    record_ = opening_.record_of(head);
    if (head.partial) {
      if (!head.total) {
        no_range();
        return Error(EIO, "the answer does not tell the size of the file");
      }
      opening_.set_key(record_, head);
      return {};
    }
    return begin_whole(head);
  }

  Result<void> body(std::span<const std::byte> piece) override {
    alive();
    received_ += piece.size();
    const auto missing = std::min(kMagicBytes - std::min(kMagicBytes, magic_.size()), piece.size());
    magic_.insert(magic_.end(), piece.begin(), piece.begin() + static_cast<std::ptrdiff_t>(missing));
    if (record_.whole) return whole_body(piece);
    if (counts_) opening_.parts_->counters.fetched_bytes += piece.size();
    first_->insert(first_->end(), piece.begin(), piece.end());
    return {};
  }

  void no_range() override { opening_.no_range_ = true; }

  // After the last byte of a good answer.
  Result<void> end() {
    record_.packing = packing_of(record_.name, magic_);
    return record_.whole ? end_whole() : end_ranged();
  }
  // The answer broke off, or is not the whole file. True: it may be requested again.
  bool broken(const Error& error) {
    if (!accepted_ || opening_.package_) return false;
    if (!record_.whole) return error.code() == EIO || error.code() == ETIMEDOUT;
    auto& whole = opening_.whole_;
    (void)whole->end(error);
    const bool other = error.code() == ESTALE;
    if (!other && (whole->begin(size_known_) || opening_.continues(opening_.whole_head_))) return true;
    const int code = error.code() == ETIMEDOUT ? ETIMEDOUT : ESTALE;
    whole->spoil(Error(code, "the transfer broke off and cannot be taken up: " + error.what()));
    return false;
  }
  bool accepted() const noexcept { return accepted_; }

 private:
  void alive() { opening_.request_.attempt->alive_at = opening_.parts_->now(); }

  Result<void> begin_whole(const client::FileHead& head) {
    record_.whole = record_.checked = true;
    size_known_ = head.total;
    auto& whole = opening_.whole_;
    if (!whole) {
      const std::string version = version_of(head, opening_.request_.dataset) + "\n" + new_generation();
      whole = opening_.host_->whole(opening_.request_,
                                    ContentKey({opening_.request_.id, version, Login{head.identity}}));
      const auto& attempt = opening_.request_.attempt;
      whole->carried_by(opening_.stop_, std::shared_ptr<Patience>(attempt, &attempt->patience));
    }
    record_.key = whole->key();
    const bool begun = whole->begin(head.total) || (opening_.continues(head) && whole->resume(head.total));
    if (!begun) return Error(ESTALE, "the file came again as another version, or with another size");
    opening_.whole_head_ = head;
    return {};
  }

  Result<void> whole_body(std::span<const std::byte> piece) {
    if (!size_known_) wholeness_.feed(piece);
    auto fed = opening_.whole_->feed(piece, turn_);
    if (!fed) return fed;
    if (size_known_ && !opening_.answered_ && magic_.size() == kMagicBytes) {
      record_.packing = packing_of(record_.name, magic_);
      opening_.readable({opening_.whole_, record_});
    }
    return {};
  }

  // Whether a whole response that has ended is the whole file.
  Result<void> check_whole() {
    const auto& request = opening_.request_;
    const auto length = request.source.kind == client::FetchKind::kFile ? request.source.length
                                                                        : std::optional<std::uint64_t>();
    if (received_ == 0) {
      const std::uint64_t expected =
          length.value_or(request.dataset.is_cutout() ? 0 : request.dataset.estimate_bytes);
      return expected == 0 ? Result<void>()
                           : Error(EIO, "the answer is empty; the file is announced with about " +
                                            std::to_string(expected) + " bytes");
    }
    if (size_known_) return {};
    if (auto whole = wholeness_.end(); !whole) return whole;
    if (!length || received_ == *length) return {};
    const std::uint64_t apart = received_ > *length ? received_ - *length : *length - received_;
    if (wholeness_.plain_fits() && apart <= kCorrectedHeader) return {};
    return Error(EIO, std::to_string(received_) + " bytes came, and the file is announced with " +
                          std::to_string(*length));
  }

  Result<void> end_whole() {
    auto& whole = opening_.whole_;
    if (auto right = check_whole(); !right) return right;
    if (auto ended = whole->end({}); !ended) return ended;
    record_.size = whole->size();
    const Delivered delivered{whole, record_};
    if (!opening_.answered_) opening_.readable(delivered);
    opening_.host_->completed(opening_.request_, delivered);
    return {};
  }

  Result<void> end_ranged() {
    if (first_->size() > std::min(kChunkBytes, record_.size))
      return Error(EIO, "the answer has another length");
    auto content = opening_.host_->ranged(opening_.request_, record_);
    const auto file = std::dynamic_pointer_cast<CachedFile>(content);
    if (file && record_.size > 0) {
      // If the part is shorter than requested, the reader of the first chunk requests the rest.
      if (first_->size() == chunk_size(record_.size, 0)) file->arrived(0, first_);
      opening_.settle_tail(file, record_.size);
    }
    opening_.readable({content, record_});
    return {};
  }

  Opening& opening_;
  Lane::Turn& turn_;
  const bool counts_;
  FileRecord record_;
  std::optional<std::uint64_t> size_known_;
  std::uint64_t received_ = 0;
  Wholeness wholeness_;  // of a whole response without an announced length
  Bytes magic_;
  std::shared_ptr<Bytes> first_ = std::make_shared<Bytes>();
  bool accepted_ = false;
};

bool Opening::needs_login() const {
  return before_release(request_.dataset, parts_->now()) ||
         made_with_login(parts_->archive, request_.dataset);
}

Result<void> Opening::fetch_all(Lane::Turn& turn) {
  client::FetchRequest request;
  request.url = request_.source.url;
  request.fits = is_fits(request_);
  if (needs_login()) request.rights = {client::Rights::Kind::kLoggedIn};
  request.page = request_.dataset.extension == ".html";
  request.extension = request_.dataset.extension;
  request.kind = request_.source.kind;
  // A web page is small, and made again for each request.
  const bool ranged = !request_.dataset.is_cutout() && !request.page && !request_.in_one;
  if (ranged) request.range = client::ByteRange{0, kChunkBytes};
  for (int attempt = 1;; ++attempt) {
    ++parts_->counters.requests;
    HeadSink sink(*this, turn);
    auto fetched = parts_->archive.fetch(request, sink, turn);
    Result<void> ended = fetched ? sink.end() : Result<void>(fetched.error());
    if (ended) return ended;
    if (std::exchange(no_range_, false) && request.range && !turn.stop().stop_requested()) {
      request.range.reset();  // all of it in one answer, whose end gives the size
      continue;
    }
    const bool again = sink.broken(ended.error()) && attempt < kAttempts && !turn.stop().stop_requested();
    if (!again) {
      if (whole_) whole_->spoil(ended.error());
      return told(ended.error(), sink.accepted(), turn);
    }
    ++parts_->counters.resumed;
    if (auto paused = turn.pause(parts_->retry_pause * attempt); !paused) return paused.error();
  }
}

// False: it must be asked for again.
bool Opening::opened_by(const LikelyFile::Part& head, const std::shared_ptr<LikelyFile>& likely) try {
  const Inside inside(parts_->gate);
  if (!inside) return false;
  likely_ = likely;
  Lane::Turn turn(parts_->gate.stop());  // no request is made
  HeadSink sink(*this, turn, false);
  auto taken = sink.head(head.head);
  if (taken) taken = sink.body(*head.bytes);
  if (taken) taken = sink.end();
  if (!answered_) package_.reset();
  return answered_;
} catch (const std::exception&) {
  return answered_;
}

// The error to answer with. What is no FITS file may be a package; then the host learns where that is.
Error Opening::told(const Error& error, bool accepted, Lane::Turn& turn) {
  const bool strange = error.code() == EIO && !accepted && is_fits(request_) && !turn.stop().stop_requested();
  if (strange && !package_) package_ = package_at(parts_->archive, request_.source, needs_login(), turn);
  if (!package_) return error;
  host_->is_package(request_, *package_);
  return package_error(package_extension(*package_));
}

// --- the tail ---

void Opening::fetch_tail(Lane::Turn& turn) {
  const Inside inside(parts_->gate);
  std::shared_ptr<Bytes> bytes;
  client::FileHead head;
  try {
    if (inside && !turn.stop().stop_requested()) {
      const StoppableTurn stoppable(turn, stop_, parts_->gate.stop());
      const std::uint64_t first = tail_.index() * kChunkBytes;
      client::FetchRequest request;
      request.url = request_.source.url;
      request.range = client::ByteRange{first, tail_.total - first};
      request.total = tail_.total;
      request.fits = true;
      if (needs_login()) request.rights = {client::Rights::Kind::kLoggedIn};
      turn.watch([this](std::chrono::milliseconds silence) { return gives_up_tail(silence); });
      TailSink sink(parts_->counters, tail_.total);
      ++parts_->counters.requests;
      const auto fetched = parts_->archive.fetch(request, sink, turn);
      if (fetched && sink.bytes()->size() == tail_.total - first) bytes = sink.bytes();
      head = sink.told();
    }
  } catch (const std::exception&) {
    bytes = nullptr;  // a reader that needs it requests it again
  }
  tail_ended(bytes, head);
}

bool Opening::gives_up_tail(std::chrono::milliseconds silence) {
  const std::lock_guard lock(mutex_);
  return tail_.file && tail_.file->patience_with_opening()->ends(silence);
}

void Opening::tail_ended(const std::shared_ptr<Bytes>& bytes, const client::FileHead& head) {
  std::shared_ptr<CachedFile> file;
  {
    const std::lock_guard lock(mutex_);
    tail_.ended = true;
    tail_.bytes = bytes;
    tail_.head = head;
    file = tail_.file;
  }
  if (!file) return;  // the head is still to come, or gave another size
  if (bytes && file->accepts(head) && file->key().login().name == head.identity) {
    file->arrived(tail_.index(), bytes);
  } else {
    file->lost(tail_.index());
  }
}

void Opening::take_likely_tail(const std::shared_ptr<CachedFile>& file, std::uint64_t total) {
  const std::uint64_t index = chunk_count(total) - 1;
  file->expect(index);
  likely_->take_tail(
      [self = shared_from_this(), file, index, total](const std::optional<LikelyFile::Part>& tail) {
        const bool same = tail && tail->head.total == total && file->accepts(tail->head) &&
                          file->key().login().name == tail->head.identity;
        if (same) {
          const auto size = static_cast<std::ptrdiff_t>(chunk_size(total, index));
          return file->arrived(index, std::make_shared<Bytes>(tail->bytes->end() - size, tail->bytes->end()));
        }
        file->lost(index);
        const Inside inside(self->parts_->gate);
        if (inside)
          file->read(total - 1, 1, AskedBy(self->request_.attempt->cause, [](const Result<Bytes>&) {}));
      },
      [patience = file->patience_with_opening()](std::chrono::milliseconds silence) {
        return patience->ends(silence);
      });
}

// The head is here: readers of the last chunk wait for the request under way, or a new one is made.
void Opening::settle_tail(const std::shared_ptr<CachedFile>& file, std::uint64_t total) {
  if (!wants_tail(request_) || total <= kChunkBytes) return;
  if (likely_ && likely_->asks_tail()) return take_likely_tail(file, total);
  if (tail_.total != total) {
    file->read(total - 1, 1, AskedBy(request_.attempt->cause, [](const Result<Bytes>&) {}));
    return;
  }
  file->expect(tail_.index());
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    tail_.file = file;
    ended = tail_.ended;
  }
  if (ended) tail_ended(tail_.bytes, tail_.head);
}

}  // namespace

std::string version_of(const client::FileHead& head, const client::Dataset& dataset) {
  const std::string size = head.total ? std::to_string(*head.total) : "?";
  if (!head.validator.empty()) return size + " " + head.validator;
  return size + " " + std::to_string(dataset.modified);
}

void open_file(std::shared_ptr<ContentParts> parts, std::shared_ptr<OpeningHost> host, OpeningRequest request,
               const std::shared_ptr<LikelyFile>& likely) {
  const auto opening = std::make_shared<Opening>(std::move(parts), std::move(host), std::move(request));
  if (likely) {
    opening->begin_with(likely);
  } else {
    opening->begin();
  }
}

}  // namespace esofs::cache
