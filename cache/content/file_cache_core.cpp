#include "cache/content/file_cache_core.h"

#include <spdlog/spdlog.h>

#include <cerrno>
#include <utility>

#include "cache/content/forms/unpack.h"
#include "cache/content/older_record.h"
#include "cache/content/package_probe.h"
#include "cache/content/whole_file.h"
#include "client/base/in_turn.h"
#include "client/http/http.h"
#include "client/http/url.h"

namespace esofs::cache {
namespace {

// The size of a file whose size nobody has announced: larger than most, because every tool reads a file rightly whose estimate
// is above the truth, and not one whose estimate is below it.
constexpr std::uint64_t kUnknownSize = 256ULL << 20U;
// The estimate for a packed file, in delivered sizes, until it was opened: above what LZW, gzip and Rice tiles reach on detector
// frames.
constexpr std::uint64_t kUnpackedFactor = 6;

}  // namespace

FileCacheCore::FileCacheCore(FileCache::Config config, client::Archive& archive, MetadataStore& store,
                             Catalog& catalog, Lane& transfers)
    : config_(std::move(config)),
      catalog_(catalog),
      archive_id_(archive.identity()),
      parts_(std::make_shared<ContentParts>(
          archive, transfers,
          SegmentStore::Config{config_.directory, config_.max_bytes, config_.reserve_bytes},
          config_.memory_bytes)),
      unfinished_(store),
      known_(std::make_shared<KnownFiles>(
          store, [&archive] { return Login{archive.user()}; }, config_.failure_memory)) {
  parts_->read_ahead_bytes = config_.read_ahead_bytes;
  parts_->failure_memory = config_.failure_memory;
  parts_->now = config_.now;
}

void FileCacheCore::sweep() {
  unfinished_.sweep([this](const std::string& key) { parts_->forget(ContentKey(key)); });
}

void FileCacheCore::end() { parts_->gate.close(); }

void FileCacheCore::begin() {
  views_ = std::make_shared<Views>(
      parts_, known_, config_.directory,
      [weak = weak_from_this()](const client::Dataset& dataset, Done<Delivered> done) {
        if (const auto self = weak.lock()) return void(self->open_delivered(dataset, std::move(done)));
        done(ending_error());
      });
}

// --- records ---

// The content key of the file that a cutout is of; "": it was never opened.
std::string FileCacheCore::parent_version(const client::Dataset& cutout) {
  client::Dataset parent = cutout;
  parent.cutout.clear();
  const auto record = known_->record(file_id(parent));
  return record ? record->key.text() : std::string();
}

bool FileCacheCore::fresh(const FileRecord& record, const client::Dataset& dataset) {
  if (dataset.is_cutout()) {
    // To ask again would be to cut again. It holds until its dataset is known to be another.
    const std::string parent = record.parent.empty() ? std::string() : parent_version(dataset);
    return same_version(record, dataset) && (parent.empty() || parent == record.parent);
  }
  return same_version(record, dataset) &&
         parts_->now() - record.checked_at < config_.revalidate_after.count();
}

// What was known of this version of a file is no longer valid. Its readers are answered last: they ask again, and must find the
// next version then.
void FileCacheCore::drop(const FileId& id, const ContentKey& key, const Error& error) {
  KnownFiles::Contents open;
  {
    const Inside inside(parts_->gate);
    if (inside) {
      open = known_->forget(id, key);
      unfinished_.ended(key.text());
    }
  }
  parts_->forget(key);
  parts_->forget(key.plain());
  if (open.content) open.content->expire(error);
  if (open.view) open.view->expire(error);
}

void FileCacheCore::drop_superseded(const FileId& id, const FileRecord& record) {
  const Error stale(ESTALE, "the archive has another version of this file");
  for (const auto& key : known_->superseded(id, record)) drop(id, key, stale);
}

// --- opening as delivered ---

Cancel FileCacheCore::open_delivered(const client::Dataset& dataset, Done<Delivered> done) {
  const FileId id = file_id(dataset);
  if (const auto failure = known_->failure(id, parts_->now())) {
    done(*failure);
    return {};
  }
  if (auto delivered = known(dataset, id)) {
    if (const auto whole = std::dynamic_pointer_cast<WholeFile>(delivered->content))
      return open_whole(dataset, whole, *delivered, std::move(done));
    done(std::move(*delivered));
    return {};
  }
  // After a logout, callers must not join a request that still uses the old login.
  auto joined = openings_.join(id.text() + Login{parts_->archive.user()}.key_ending(),
                               dataset.is_cutout() ? Unwanted::kStops : Unwanted::kGoesOn, parts_->now(),
                               std::move(done));
  if (!joined.begin) return joined.cancel;
  // The flight before this one may have landed since: a second request would bring another cutout, and the readers of the first one
  // would get ESTALE.
  if (const auto delivered = known(dataset, id)) {
    land(id, *joined.begin, *delivered);
  } else {
    ask(id, joined.begin, dataset);
  }
  return joined.cancel;
}

// By its response that is under way, unless that hangs.
Cancel FileCacheCore::open_whole(const client::Dataset& dataset, const std::shared_ptr<WholeFile>& whole,
                                 const Delivered& delivered, Done<Delivered> done) {
  return in_turn<bool, Delivered>([whole](Done<bool> answer) { return whole->when_alive(std::move(answer)); },
                                  [self = shared_from_this(), dataset, whole, delivered](
                                      bool alive, const Done<Delivered>& answer) -> Cancel {
                                    if (alive) {
                                      answer(delivered);
                                      return {};
                                    }
                                    if (!whole->expired()) {
                                      whole->supersede();
                                      self->known_->forget(self->file_id(dataset), whole->key());
                                    }
                                    return self->open_delivered(dataset, answer);
                                  },
                                  std::move(done));
}

void FileCacheCore::ask(const FileId& id, const AttemptPtr& attempt, const client::Dataset& dataset) {
  std::string parent = dataset.is_cutout() ? parent_version(dataset) : std::string();
  const auto before = known_->record(id);
  const bool in_one =
      dataset.is_cutout() || (before && before->whole) || unsteady_.contains(id, parts_->now());
  const auto likely =
      in_one || catalog_.known_source(dataset) ? nullptr : likely_.ask(parts_, dataset, attempt->cause);
  attempt->alive_at = parts_->now();
  const auto question = attempt->question.begin();
  Cancel leave = catalog_.source(
      dataset, AskedBy(attempt->cause, [self = shared_from_this(), id, attempt, dataset, likely,
                                        parent = std::move(parent)](Result<client::FileSource> source) {
        const Cancel asked = attempt->question.end();
        attempt->alive_at = 0;
        const bool right = likely && self->likely_.confirmed(*likely, source);
        const Inside inside(self->parts_->gate);
        if (!inside) return self->land(id, *attempt, ending_error());
        if (attempt->stop.stop_requested()) return self->ask_again(id, *attempt, dataset);
        if (!source) return self->land(id, *attempt, source.error());
        open_file(self->parts_, self,
                  {id, attempt, dataset, std::move(*source), parent, self->known_->record(id),
                   self->unsteady_.contains(id, self->parts_->now())},
                  right ? likely : nullptr);
      }));
  attempt->question.hold(question, std::move(leave));
}

std::optional<Delivered> FileCacheCore::known_whole(const client::Dataset& dataset, const FileId& id,
                                                    FileRecord record) {
  if (!parts_->segments.complete(record.key, record.size)) return std::nullopt;
  if (!record.checked && !agrees_with_headers(*parts_, record)) {
    drop(id, record.key, Error(ESTALE, "what is kept of it is not the whole file"));
    return std::nullopt;
  }
  if (!std::exchange(record.checked, true)) known_->keep(id, record);
  auto file = whole_content(id, dataset, record.key);
  file->restore(record.size);
  return Delivered{known_->adopt(id, record, file), record};
}

// The file without a request, if that is possible.
std::optional<Delivered> FileCacheCore::known(const client::Dataset& dataset, const FileId& id) {
  const auto record = known_->record(id);
  if (!record || !fresh(*record, dataset)) return std::nullopt;
  if (!record->whole && unsteady_.contains(id, parts_->now())) return std::nullopt;
  if (const auto content = known_->contents(id, *record).content) {
    return Delivered{content, *record};
  }
  if (record->whole) return known_whole(dataset, id, *record);
  std::string url = record->url;
  if (const auto source = url.empty() ? catalog_.known_source(dataset) : std::nullopt) url = source->url;
  if (url.empty()) return std::nullopt;
  return Delivered{known_->adopt(id, *record, ranged_content(id, dataset, *record, url)), *record};
}

ContentPtr FileCacheCore::ranged_content(const FileId& id, const client::Dataset& dataset,
                                         const FileRecord& record, const std::string& url) {
  CachedFile::About about;
  about.key = record.key;
  about.url = url;
  about.name = client::shown_url(url);
  about.validator = record.validator;
  about.tag = record.tag;
  about.date = record.date;
  about.size = record.size;
  about.fits = dataset.extension == ".fits" && package_of(dataset).empty();
  return std::make_shared<CachedFile>(
      parts_, about,
      [weak = weak_from_this(), id, key = about.key, looked_at = record.checked_at](const Error& error,
                                                                                    bool version_unknown) {
        auto self = weak.lock();
        if (!self) return;
        const std::int64_t now = self->parts_->now();
        version_unknown ? self->unsteady_.note_unknown(id, now) : self->unsteady_.note(id, looked_at, now);
        self->drop(id, key, error);
      },
      [weak = weak_from_this(), dataset](const std::string& refused, const Cause& cause,
                                         const CachedFile::GiveUrl& give) {
        auto self = weak.lock();
        if (!self || dataset.is_cutout()) return give(std::nullopt);
        self->renew(dataset, refused, cause, give);
      });
}

// The URL that the archive gives for a file now, in place of one that is refused.
void FileCacheCore::renew(const client::Dataset& dataset, const std::string& refused, const Cause& cause,
                          const CachedFile::GiveUrl& give) {
  const Inside inside(parts_->gate);
  if (!inside) return give(std::nullopt);
  const auto known = catalog_.known_source(dataset);
  if (known && known->url != refused) return give(known->url);
  if (!catalog_.forget_source(dataset)) return give(std::nullopt);
  catalog_.source(dataset, AskedBy(cause, [give](Result<client::FileSource> source) {
                    give(source ? std::optional(source->url) : std::nullopt);
                  }));
}

ContentPtr FileCacheCore::ranged(const OpeningRequest& request, const FileRecord& record) {
  drop_superseded(request.id, record);
  FileRecord kept = record;
  const auto before = known_->record(request.id);
  if (before && before->key == record.key) {
    kept.plain_size = before->plain_size;
    kept.plain_odd = before->plain_odd;
  }
  return known_->adopt(request.id, kept,
                       ranged_content(request.id, request.dataset, kept, request.source.url));
}

std::shared_ptr<WholeFile> FileCacheCore::whole(const OpeningRequest& request, const ContentKey& key) {
  unfinished_.begun(key.text());
  return whole_content(request.id, request.dataset, key);
}

std::shared_ptr<WholeFile> FileCacheCore::whole_content(const FileId& id, const client::Dataset& dataset,
                                                        const ContentKey& key) {
  return std::make_shared<WholeFile>(parts_, key, client::shown_url(dataset.access_url),
                                     [weak = weak_from_this(), id, key](const Error& error) {
                                       if (auto self = weak.lock()) self->drop(id, key, error);
                                     });
}

void FileCacheCore::readable(const OpeningRequest& request, const Delivered& delivered) {
  if (!openings_.current(*request.attempt)) {
    // Another attempt brings the file: a second whole response must not take the place of the first.
    if (delivered.record.whole)
      delivered.content->expire(Error(ESTALE, "another request has brought the file"));
    return;
  }
  Delivered answer = delivered;
  if (delivered.record.whole) {
    drop_superseded(request.id, delivered.record);
    answer.content = known_->adopt(request.id, delivered.record, delivered.content);
  } else {
    answer.record = known_->record(request.id).value_or(delivered.record);
    answer.record.packing = delivered.record.packing;
    // Its last bytes, asked for meanwhile, may have shown another version.
    if (!delivered.content->expired()) known_->keep(request.id, answer.record);
  }
  land(request.id, *request.attempt, answer);
}

void FileCacheCore::completed(const OpeningRequest& request, const Delivered& delivered) {
  const auto whole = std::dynamic_pointer_cast<WholeFile>(delivered.content);
  if (whole && whole->superseded()) return;  // it goes with its last handle
  unfinished_.ended(delivered.record.key.text());
  auto record = known_->record(request.id).value_or(delivered.record);
  if (record.key != delivered.record.key) return;
  record.size = delivered.record.size;
  known_->keep(request.id, record);
}

void FileCacheCore::is_package(const OpeningRequest& request, const client::FileSource& package) {
  catalog_.correct_source(request.dataset, package);
}

void FileCacheCore::failed(const OpeningRequest& request, OpeningEnd why, const Error& error) {
  const auto& attempt = request.attempt;
  switch (why) {
    case OpeningEnd::kStopped:
      return ask_again(request.id, *attempt, request.dataset);
    case OpeningEnd::kRefused: {
      // Once: what is learnt now is not old.
      const bool newer = openings_.current(*attempt) && !request.dataset.is_cutout() &&
                         catalog_.forget_source(request.dataset);
      return newer ? ask(request.id, attempt, request.dataset) : land(request.id, *attempt, error);
    }
    case OpeningEnd::kEnding:
      return land(request.id, *attempt, ending_error());
    case OpeningEnd::kPackage:  // no failure to remember: under the package's own name the file can be opened
      return openings_.land(*attempt, error);
    case OpeningEnd::kFailed:
      return land(request.id, *attempt, error.code() == EINTR ? ending_error() : error);
  }
}

void FileCacheCore::land(const FileId& id, const Attempt& attempt, const Result<Delivered>& delivered) {
  if (!openings_.current(attempt)) return;
  if (delivered) {
    known_->forget_failure(id);
  } else {
    known_->remember_failure(id, delivered.error(), parts_->now());
  }
  openings_.land(attempt, delivered);
}

// --- views ---

bool FileCacheCore::unpacks(Packing packing) const {
  if (packing == Packing::kNone || config_.unpack == Unpack::kNone) return false;
  return config_.unpack == Unpack::kAll || packing != Packing::kFpack;
}

Cancel FileCacheCore::open(const client::Dataset& dataset, Form form, Done<std::shared_ptr<OpenFile>> done) {
  const auto self = shared_from_this();
  return in_turn<ContentPtr, std::shared_ptr<OpenFile>>(
      [self, dataset, form](Done<ContentPtr> answer) {
        return self->open_content(dataset, form, std::move(answer));
      },
      [self, dataset, form](const ContentPtr& content,
                            const Done<std::shared_ptr<OpenFile>>& answer) -> Cancel {
        auto file = handle_of(content);
        if (!file) return self->open(dataset, form, answer);
        answer(std::move(file));
        return {};
      },
      std::move(done));
}

Cancel FileCacheCore::open_content(const client::Dataset& dataset, Form form, Done<ContentPtr> done) {
  const bool plain = form != Form::kDelivered && dataset.extension == ".fits";
  if (const std::string package = plain ? package_of(dataset) : ""; !package.empty()) {
    done(package_error(package));
    return {};
  }
  const auto self = shared_from_this();
  return in_turn<Delivered, ContentPtr>(
      [self, dataset](Done<Delivered> answer) { return self->open_delivered(dataset, std::move(answer)); },
      [self, dataset, plain, form](const Delivered& delivered, const Done<ContentPtr>& answer) -> Cancel {
        if (const std::string package = plain ? self->package_of(dataset) : ""; !package.empty()) {
          answer(package_error(package));
          return {};
        }
        if (plain && self->unpacks(delivered.record.packing))
          return self->views_->open(self->file_id(dataset), dataset, delivered, form == Form::kPlain, answer);
        answer(delivered.content);
        return {};
      },
      std::move(done));
}

// The extension of the package that a dataset is delivered as; "" if it is none, or nothing was asked yet.
std::string FileCacheCore::package_of(const client::Dataset& dataset) {
  const auto source = dataset.is_cutout() ? std::nullopt : catalog_.known_source(dataset);
  return source ? package_extension(*source) : std::string();
}

// --- facts ---

FileFacts FileCacheCore::facts(const client::Dataset& dataset, Form form) {
  const FileId id = file_id(dataset);
  const auto record = known_->record(id);
  const auto source = catalog_.known_source(dataset);
  FileFacts facts;
  if (source) {
    facts.delivered_name = source->original_name;
    facts.url = source->url;
  }
  std::uint64_t delivered = dataset.estimate_bytes;
  if (source && source->length.value_or(0) > 0) delivered = *source->length;
  bool exact = false;
  const bool current =
      record && (!dataset.is_cutout() ? same_version(*record, dataset) : fresh(*record, dataset));
  if (current) {
    delivered = record->size;
    exact = true;
    if (!record->name.empty()) facts.delivered_name = record->name;
    if (!record->url.empty()) facts.url = record->url;
    facts.version = record->key.text();
    facts.mtime = record->mtime;
    facts.restricted = !record->login().nobody();
    facts.cached_bytes = parts_->segments.cached_bytes(record->key, record->size);
  }
  const Packing packing = current ? record->packing : packing_of(facts.delivered_name);
  facts.size = delivered;
  facts.exact = exact;
  if (form != Form::kDelivered && dataset.extension == ".fits" && unpacks(packing)) {
    const auto plain = current ? record->plain_size : std::nullopt;
    facts.size = plain.value_or(delivered * kUnpackedFactor);
    facts.exact = plain.has_value();
    if (current) {
      const ContentKey key = record->key.plain();
      facts.version = key.text();
      if (plain) facts.cached_bytes = parts_->segments.cached_bytes(key, *plain);
    }
  }
  if (facts.size == 0 && !facts.exact) facts.size = kUnknownSize;
  facts.error = known_->failure(id, parts_->now());
  return facts;
}

Result<void> FileCacheCore::evict(const client::Dataset& dataset) {
  const FileId id = file_id(dataset);
  const auto record = known_->record(id);
  if (!record) return {};
  const auto open = known_->contents(id, *record);
  if ((open.content && open.content->in_use()) || (open.view && open.view->in_use()))
    return Error(EBUSY, "the file is open");
  drop(id, record->key, Error(ESTALE, "the file was taken out of the cache"));
  return {};
}

FileCache::Usage FileCacheCore::usage() const {
  const auto& counters = parts_->counters;
  return {parts_->segments.bytes(), config_.max_bytes,         counters.hits,
          counters.misses,          counters.fetched_bytes,    counters.requests,
          counters.resumed,         counters.ahead.asked,      counters.ahead.used,
          counters.ahead.dropped,   parts_->segments.evicted()};
}

}  // namespace esofs::cache
