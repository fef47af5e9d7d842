#include "cache/content/known_files.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace esofs::cache {
namespace {

// The key of the record of a file that needed this login.
std::string slot_of(const FileId& id, const Login& login) { return id.text() + login.key_ending(); }

}  // namespace

std::optional<FileRecord> KnownFiles::in_slot(const FileId& id, const Login& login) {
  const std::string slot = slot_of(id, login);
  {
    auto state = state_.lock();
    const auto live = state->live.find(slot);
    if (live != state->live.end()) return live->second.record;
  }
  auto value = store_.get(Shelf::kFiles, slot);
  if (!value || !*value) return std::nullopt;
  return decoded_file_record(**value, id);
}

std::optional<FileRecord> KnownFiles::record(const FileId& id) {
  const Login login = login_();
  if (!login.nobody()) {
    if (auto own = in_slot(id, login)) return own;
  }
  return in_slot(id, {});
}

void KnownFiles::keep(const FileId& id, const FileRecord& record) {
  const std::string slot = slot_of(id, record.login());
  {
    auto state = state_.lock();
    const auto live = state->live.find(slot);
    if (live != state->live.end() && live->second.record.key == record.key) live->second.record = record;
  }
  auto kept = store_.put(Shelf::kFiles, slot, encoded(record));
  if (!kept) spdlog::warn("the size of a file is not remembered: {}", kept.error().what());
}

KnownFiles::Contents KnownFiles::contents(const FileId& id, const FileRecord& record) {
  auto state = state_.lock();
  const auto live = state->live.find(slot_of(id, record.login()));
  if (live == state->live.end() || live->second.record.key != record.key) return {};
  return {live->second.content.lock(), live->second.view.lock()};
}

ContentPtr KnownFiles::adopt(const FileId& id, const FileRecord& record, const ContentPtr& made) {
  auto state = state_.lock();
  if (state->live.size() >= state->most_live) {
    std::erase_if(state->live, [](const auto& entry) {
      return entry.second.content.expired() && entry.second.view.expired();
    });
    state->most_live = std::max<std::size_t>(1000, 2 * state->live.size());
  }
  auto& live = state->live[slot_of(id, record.login())];
  const bool same = live.record.key == record.key;
  const auto plain_size = record.plain_size || !same ? record.plain_size : live.record.plain_size;
  const bool plain_odd = record.plain_odd || (same && live.record.plain_odd);
  auto content = same ? live.content.lock() : nullptr;
  if (!same) live.view.reset();
  live.record = record;
  live.record.plain_size = plain_size;
  live.record.plain_odd = plain_odd;
  if (content) return content;
  live.content = made;
  return made;
}

ContentPtr KnownFiles::adopt_view(const FileId& id, const FileRecord& record, const ContentPtr& made) {
  ContentPtr other;  // dropped without the lock
  auto state = state_.lock();
  const auto live = state->live.find(slot_of(id, record.login()));
  if (live == state->live.end() || live->second.record.key != record.key) return made;
  other = live->second.view.lock();
  if (other && !other->expired()) return other;
  live->second.view = made;
  return made;
}

KnownFiles::Contents KnownFiles::forget(const FileId& id, const ContentKey& key) {
  const std::string slot = slot_of(id, key.login());
  // The store first: a caller that finds nothing live looks there.
  const auto value = store_.get(Shelf::kFiles, slot);
  if (value && *value) {
    const auto kept = decoded_file_record(**value, id);
    const auto erased = kept && kept->key == key ? store_.erase(Shelf::kFiles, slot) : Result<void>();
    if (!erased) spdlog::warn("a record of a file is not removed: {}", erased.error().what());
  }
  auto state = state_.lock();
  const auto live = state->live.find(slot);
  if (live == state->live.end() || live->second.record.key != key) return {};
  Contents open{live->second.content.lock(), live->second.view.lock()};
  state->live.erase(live);
  return open;
}

std::vector<ContentKey> KnownFiles::superseded(const FileId& id, const FileRecord& record) {
  std::vector<ContentKey> keys;
  for (const Login& login : {login_(), Login()}) {
    const auto before = in_slot(id, login);
    if (!before || before->key == record.key) continue;
    if (std::find(keys.begin(), keys.end(), before->key) == keys.end()) keys.push_back(before->key);
  }
  return keys;
}

void KnownFiles::remember_failure(const FileId& id, const Error& error, std::int64_t now) {
  failures_.lock()->remember(slot_of(id, login_()), error, now);
}

void KnownFiles::forget_failure(const FileId& id) {
  failures_.lock()->forget(slot_of(id, login_()));
  failures_.lock()->forget(slot_of(id, {}));
}

std::optional<Error> KnownFiles::failure(const FileId& id, std::int64_t now) {
  if (failures_.lock()->empty()) return std::nullopt;
  return failures_.lock()->recall(slot_of(id, login_()), now);
}

}  // namespace esofs::cache
