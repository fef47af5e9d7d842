#include "cache/content/plain/views.h"

#include <cerrno>
#include <utility>

namespace esofs::cache {
namespace {

// A packed file of at most this size is fetched by one request, which costs little more than its parts.
constexpr std::uint64_t kSmallTiled = 1ULL << 20U;

}  // namespace

Cancel Views::open(const FileId& id, const client::Dataset& dataset, const Delivered& delivered, bool sized,
                   Done<ContentPtr> done) {
  if (is_stream(delivered.record.packing)) {
    const auto file = stream(id, delivered);
    if (!sized) {
      done(ContentPtr(file));
      return {};
    }
    const Cause cause = done.cause();
    return file->when_sized(AskedBy(cause, [file, done = done.take()](const Result<Bytes>& known) {
      if (!known) return done(known.error());
      done(ContentPtr(file));
    }));
  }
  const auto file = tiled(id, delivered);
  if (file && file->sized()) {
    done(ContentPtr(file));
    return {};
  }
  if (auto view = file ? nullptr : known_view(dataset, id, delivered.record)) {
    done(view);
    return {};
  }
  auto joined = views_.join(delivered.record.key.text(), Unwanted::kStops, parts_->now(), std::move(done));
  if (joined.begin) begin(id, dataset, delivered, joined.begin);
  return joined.cancel;
}

// --- streams ---

std::shared_ptr<UnpackedFile> Views::stream(const FileId& id, const Delivered& delivered) {
  const ContentKey& packed = delivered.record.key;
  const auto open = known_->contents(id, delivered.record).view;
  const auto known = known_->record(id);
  const FileRecord& record = known && known->key == packed ? *known : delivered.record;
  if (open && !open->expired()) {
    if (auto file = std::dynamic_pointer_cast<UnpackedFile>(open)) return file;
  }
  UnpackedFile::About about;
  about.packed = delivered.content;
  about.packing = record.packing;
  about.key = packed.plain();
  about.scratch = scratch_;
  about.size = record.plain_size;
  // One whole response comes to its end by itself.
  about.headers_tell = !record.plain_odd && !record.whole;
  const auto file = std::make_shared<UnpackedFile>(
      parts_, about, [weak = weak_from_this(), id, packed](std::optional<std::uint64_t> size) {
        if (const auto self = weak.lock()) self->learn(id, packed, size);
      });
  const auto adopted = std::dynamic_pointer_cast<UnpackedFile>(known_->adopt_view(id, record, file));
  return adopted ? adopted : file;
}

void Views::learn(const FileId& id, const ContentKey& packed, std::optional<std::uint64_t> size) {
  auto record = known_->record(id);
  if (!record || record->key != packed) return;
  record->plain_size = size;
  if (!size) record->plain_odd = true;
  known_->keep(id, *record);
}

// --- tile-compressed files ---

// Null: it is to be unpacked as a whole.
std::shared_ptr<TiledFile> Views::tiled(const FileId& id, const Delivered& delivered) {
  const ContentKey& packed = delivered.record.key;
  const auto open = known_->contents(id, delivered.record).view;
  if (open && !open->expired()) return std::dynamic_pointer_cast<TiledFile>(open);
  const auto known = known_->record(id);
  const FileRecord& record = known && known->key == packed ? *known : delivered.record;
  if (record.whole || record.plain_odd || delivered.content->size() <= kSmallTiled) return nullptr;
  const TiledFile::About about{delivered.content, packed.plain(), scratch_, record.plain_size};
  const auto file = std::make_shared<TiledFile>(
      parts_, about, [weak = weak_from_this(), id, packed](std::optional<std::uint64_t> size) {
        if (const auto self = weak.lock()) self->learn(id, packed, size);
      });
  return std::dynamic_pointer_cast<TiledFile>(known_->adopt_view(id, record, file));
}

ContentPtr Views::known_view(const client::Dataset& dataset, const FileId& id, const FileRecord& record) {
  if (auto view = known_->contents(id, record).view; view && !view->expired()) return view;
  const auto known = known_->record(id);
  if (!known || known->key != record.key || !known->plain_size) return nullptr;
  return view_content(dataset, id, record, MadeView{*known->plain_size, nullptr});
}

ContentPtr Views::view_content(const client::Dataset& dataset, const FileId& id, const FileRecord& record,
                               const MadeView& made) {
  auto view = std::make_shared<ViewFile>(
      parts_, record.key.plain(), made,
      [weak = weak_from_this(), dataset, key = record.key](const Done<MadeView>& done) {
        auto self = weak.lock();
        if (!self) return done(ending_error());
        self->remake(dataset, key, done);
      });
  return known_->adopt_view(id, record, view);
}

void Views::begin(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
                  const AttemptPtr& attempt) {
  const auto file = tiled(id, delivered);
  if (!file) return begin_whole(id, dataset, delivered, attempt);
  begin_tiled(id, dataset, delivered, file, attempt);
}

void Views::begin_tiled(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
                        const std::shared_ptr<TiledFile>& file, const AttemptPtr& attempt) {
  const auto question = attempt->question.begin();
  Cancel leave = file->when_sized(AskedBy(attempt->cause, [self = shared_from_this(), id, dataset, delivered,
                                                           file, attempt](const Result<Bytes>& sized) {
    const Cancel asked = attempt->question.end();
    if (sized) return self->views_.land(*attempt, ContentPtr(file));
    if (sized.error().code() == EOPNOTSUPP) return self->begin_whole(id, dataset, delivered, attempt);
    if (attempt->stop.stop_requested()) return self->begin_again(id, dataset, delivered, *attempt);
    self->views_.land(*attempt, sized.error());
  }));
  attempt->question.hold(question, std::move(leave));
}

void Views::begin_again(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
                        const Attempt& stopped) {
  if (const auto next = views_.stopped(stopped)) begin(id, dataset, delivered, next);
}

void Views::begin_whole(const FileId& id, const client::Dataset& dataset, const Delivered& delivered,
                        const AttemptPtr& attempt) {
  make(delivered, attempt,
       AskedBy(attempt->cause,
               [self = shared_from_this(), id, dataset, delivered, attempt](Result<MadeView> made) {
                 if (!made && attempt->stop.stop_requested())
                   return self->begin_again(id, dataset, delivered, *attempt);
                 if (!made) return self->views_.land(*attempt, made.error());
                 FileRecord record = self->known_->record(id).value_or(delivered.record);
                 if (record.key == delivered.record.key) {
                   record.plain_size = made->size;
                   self->known_->keep(id, record);
                 }
                 self->views_.land(*attempt, self->view_content(dataset, id, delivered.record, *made));
               }));
}

void Views::make(const Delivered& delivered, AttemptPtr attempt, Done<MadeView> done) {
  auto packed = delivered.content;
  auto handle = handle_of(packed);  // what is fetched for it is not stopped as unwanted
  ViewRequest request{packed, delivered.record.key.plain(), scratch_, std::move(attempt)};
  make_view(
      parts_, std::move(request),
      AskedBy(done.cause(), [handle = std::move(handle), done = done.take()](Result<MadeView> made) mutable {
        handle.reset();
        done(std::move(made));
      }));
}

// For an open view that the cache has lost parts of: from the same version, or not at all.
void Views::remake(const client::Dataset& dataset, const ContentKey& key, const Done<MadeView>& done) {
  reopen_(dataset, AskedBy(done.cause(), [self = shared_from_this(), key, done](Result<Delivered> delivered) {
            if (!delivered) return done(delivered.error());
            if (delivered->record.key != key)
              return done(Error(ESTALE, "the archive has another version of this file"));
            self->make(*delivered, std::make_shared<Attempt>(key.text(), done.cause()), done);
          }));
}

}  // namespace esofs::cache
