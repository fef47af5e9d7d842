#include "cache/content/plain/views.h"

#include <cerrno>
#include <utility>

namespace esofs::cache {

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
  if (auto view = known_view(dataset, id, delivered.record)) {
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

ContentPtr Views::known_view(const client::Dataset& dataset, const FileId& id, const FileRecord& record) {
  if (auto view = known_->contents(id, record).view) return view;
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
  make(delivered, attempt,
       AskedBy(attempt->cause,
               [self = shared_from_this(), id, dataset, delivered, attempt](Result<MadeView> made) {
                 if (!made && attempt->stop.stop_requested()) {
                   if (const auto next = self->views_.stopped(*attempt))
                     self->begin(id, dataset, delivered, next);
                   return;
                 }
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
