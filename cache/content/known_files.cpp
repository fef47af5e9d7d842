#include "cache/content/known_files.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "cache/answers/whose.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kMostFailures = 1000;

// Where the record of what took this identity's rights lies.
std::string slot_of(const std::string& id, const std::string& identity) { return id + whose(identity); }

}  // namespace

std::optional<FileRecord> KnownFiles::in_slot(const std::string& slot) {
  {
    auto state = state_.lock();
    const auto live = state->live.find(slot);
    if (live != state->live.end()) return live->second.record;
  }
  auto value = store_.get(Shelf::kFiles, slot);
  if (!value || !*value) return std::nullopt;
  return decoded_file_record(**value);
}

std::optional<FileRecord> KnownFiles::record(const std::string& id) {
  const std::string user = user_();
  if (!user.empty()) {
    if (auto own = in_slot(slot_of(id, user))) return own;
  }
  return in_slot(id);
}

void KnownFiles::keep(const std::string& id, const FileRecord& record) {
  const std::string slot = slot_of(id, record.identity);
  {
    auto state = state_.lock();
    const auto live = state->live.find(slot);
    if (live != state->live.end() && live->second.record.key == record.key) live->second.record = record;
  }
  auto kept = store_.put(Shelf::kFiles, slot, encoded(record));
  if (!kept) spdlog::warn("the size of a file is not remembered: {}", kept.error().what());
}

KnownFiles::Open KnownFiles::open(const std::string& id, const FileRecord& record) {
  auto state = state_.lock();
  const auto live = state->live.find(slot_of(id, record.identity));
  if (live == state->live.end() || live->second.record.key != record.key) return {};
  return {live->second.content.lock(), live->second.view.lock()};
}

OpenContent KnownFiles::adopt(const std::string& id, const FileRecord& record, const OpenContent& made) {
  auto state = state_.lock();
  if (state->live.size() >= state->most_live) {
    std::erase_if(state->live, [](const auto& entry) {
      return entry.second.content.expired() && entry.second.view.expired();
    });
    state->most_live = std::max<std::size_t>(1000, 2 * state->live.size());
  }
  auto& live = state->live[slot_of(id, record.identity)];
  const bool same = live.record.key == record.key;
  const auto plain_size = record.plain_size || !same ? record.plain_size : live.record.plain_size;
  auto content = same ? live.content.lock() : nullptr;
  if (!same) live.view.reset();
  live.record = record;
  live.record.plain_size = plain_size;
  if (content) return content;
  live.content = made;
  return made;
}

OpenContent KnownFiles::adopt_view(const std::string& id, const FileRecord& record, const OpenContent& made) {
  auto state = state_.lock();
  const auto live = state->live.find(slot_of(id, record.identity));
  if (live == state->live.end() || live->second.record.key != record.key) return made;
  if (auto other = live->second.view.lock()) return other;
  live->second.view = made;
  return made;
}

KnownFiles::Open KnownFiles::forget(const std::string& id, const ContentKey& key) {
  const std::string slot = slot_of(id, key.identity());
  // First what is kept: whoever finds nothing live looks there.
  const auto value = store_.get(Shelf::kFiles, slot);
  if (value && *value) {
    const auto kept = decoded_file_record(**value);
    const auto erased = kept && kept->key == key.text() ? store_.erase(Shelf::kFiles, slot) : Result<void>();
    if (!erased) spdlog::warn("a record of a file is not removed: {}", erased.error().what());
  }
  auto state = state_.lock();
  const auto live = state->live.find(slot);
  if (live == state->live.end() || live->second.record.key != key.text()) return {};
  Open open{live->second.content.lock(), live->second.view.lock()};
  state->live.erase(live);
  return open;
}

std::vector<ContentKey> KnownFiles::superseded(const std::string& id, const FileRecord& record) {
  std::vector<ContentKey> keys;
  for (const std::string& identity : {user_(), std::string()}) {
    const auto before = in_slot(slot_of(id, identity));
    if (!before || before->key == record.key) continue;
    ContentKey key(before->key, before->identity);
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
  return keys;
}

void KnownFiles::remember_failure(const std::string& id, const Error& error, std::int64_t until) {
  std::string user = user_();
  auto state = state_.lock();
  if (state->failures.size() > kMostFailures) state->failures.clear();
  state->failures.insert_or_assign(id, Failure{error, until, std::move(user)});
}

void KnownFiles::forget_failure(const std::string& id) { state_.lock()->failures.erase(id); }

std::optional<Error> KnownFiles::failure(const std::string& id, std::int64_t now) {
  std::optional<Failure> failure;
  {
    auto state = state_.lock();
    const auto at = state->failures.find(id);
    if (at != state->failures.end() && at->second.until > now) failure = at->second;
  }
  if (!failure || failure->user != user_()) return std::nullopt;
  return failure->error;
}

}  // namespace esofs::cache
