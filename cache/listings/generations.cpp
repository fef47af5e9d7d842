#include "cache/listings/generations.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <random>
#include <system_error>
#include <utility>
#include <vector>

#include "cache/listings/exports.h"
#include "cache/listings/listing_keys.h"

namespace esofs::cache {
namespace {

// After this a writer counts as gone although a process has its number: numbers are used again.
constexpr std::int64_t kLongestWriting = 24LL * 3600;
// Seconds. A listing that is younger may have been opened by another process a moment ago, which would not get to its end.
constexpr std::int64_t kLeastAge = 60;

void append_big_endian(std::string& to, std::uint64_t value, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    to += static_cast<char>((value >> static_cast<unsigned>(shift)) & 0xffU);
}

// By time, so that LMDB appends; with a random end, so that two processes never choose the same.
Generation new_generation() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  Generation made;
  append_big_endian(
      made, static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count()),
      8);
  std::random_device random;
  append_big_endian(made, random(), 4);
  return made;
}

bool gone(std::int64_t pid) { return ::kill(static_cast<pid_t>(pid), 0) != 0 && errno == ESRCH; }

}  // namespace

Generations::Generations(MetadataStore& store, std::filesystem::path results_dir)
    : store_(store), results_dir_(std::move(results_dir)) {}

Generations::Begun Generations::begin(const QueryKey& query, std::int64_t now) {
  const Generation generation = new_generation();
  state_.lock()->writing.insert(generation);  // before the record, so that a sweep leaves it alone
  GenerationRecord record;
  record.query = query.text();
  record.pid = ::getpid();
  record.started_at = now;
  auto put = store_.put(Shelf::kListings, generation_key(generation), encode(record));
  if (put) return {generation, std::nullopt};
  end(generation);
  return {generation, put.error()};
}

void Generations::end(const Generation& generation) { state_.lock()->writing.erase(generation); }

std::shared_ptr<const Listing> Generations::live_listing(const Generation& generation) {
  auto state = state_.lock();
  const auto found = state->listings.find(generation);
  return found == state->listings.end() ? nullptr : found->second.lock();
}

std::shared_ptr<const Listing> Generations::register_listing(const Generation& generation,
                                                             std::shared_ptr<const Listing> listing) {
  std::shared_ptr<const Listing> first;  // let go of outside the lock
  auto state = state_.lock();
  if (state->deleting.count(generation) != 0) return nullptr;
  auto& live = state->listings[generation];
  first = live.lock();
  if (first) return first;
  live = listing;
  return listing;
}

bool Generations::intact(const Generation& generation) {
  auto bytes = store_.get(Shelf::kListings, generation_key(generation));
  if (!bytes || !*bytes) return false;
  const auto record = decode<GenerationRecord>(**bytes);
  return record && record->state != GenerationRecord::State::kDeleting;
}

bool Generations::freed() {
  auto state = state_.lock();
  std::erase_if(state->listings, [](const auto& item) { return item.second.expired(); });
  for (const auto& generation : state->kept) {
    const auto found = state->listings.find(generation);
    if (found == state->listings.end() || found->second.expired()) return true;
  }
  return false;
}

bool Generations::is_garbage(const Generation& generation, const GenerationRecord& record, std::int64_t now) {
  if (record.state == GenerationRecord::State::kDeleting) return true;
  if (state_.lock()->writing.count(generation) != 0) return false;
  const bool ours = record.pid == ::getpid();
  const bool written = record.state == GenerationRecord::State::kCommitted;
  if (!written && !ours && !gone(record.pid) && now - record.started_at < kLongestWriting) return false;
  auto bytes = store_.get(Shelf::kListings, snapshot_key(record.query));
  if (!bytes) return false;
  if (!*bytes) return true;
  const auto snapshot = decode<SnapshotRecord>(**bytes);
  return !snapshot || snapshot->generation != generation;
}

Result<std::map<Generation, GenerationRecord>> Generations::garbage(std::int64_t now) {
  std::vector<std::pair<Generation, GenerationRecord>> all;
  auto scanned =
      store_.scan(Shelf::kListings, kGenerationPrefix, [&all](std::string_view key, std::string_view value) {
        if (key.substr(0, 1) != kGenerationPrefix) return false;
        if (key.size() != 1 + kGenerationBytes) return true;
        auto record = decode<GenerationRecord>(value);
        if (!record) record.emplace();  // of another format: no query points to it in a way that we know
        all.emplace_back(Generation(key.substr(1)), std::move(*record));
        return true;
      });
  if (!scanned) return scanned.error();
  std::map<Generation, GenerationRecord> found;
  const bool shared = store_.shared();
  for (auto& [generation, record] : all) {
    const bool young = now - record.started_at < kLeastAge;
    if (shared && young && record.state == GenerationRecord::State::kCommitted) continue;
    if (is_garbage(generation, record, now)) found.emplace(generation, std::move(record));
  }
  return found;
}

bool Generations::may_delete(const Generation& generation) {
  auto state = state_.lock();
  const auto live = state->listings.find(generation);
  if (live != state->listings.end() && !live->second.expired()) {
    state->kept.insert(generation);
    return false;
  }
  state->listings.erase(generation);
  state->kept.erase(generation);
  state->deleting.insert(generation);
  return true;
}

Result<std::size_t> Generations::erase_some(Shelf shelf, const Generation& generation, std::size_t most) {
  std::vector<std::string> keys;
  auto scanned = store_.scan(shelf, generation, [&](std::string_view key, std::string_view) {
    if (key.substr(0, generation.size()) != generation || keys.size() >= most) return false;
    keys.emplace_back(key);
    return true;
  });
  if (!scanned) return scanned.error();
  if (keys.empty()) return std::size_t{0};
  auto batch = store_.batch();
  if (!batch) return batch.error();
  for (const auto& key : keys) {
    if (auto erased = (*batch)->erase(shelf, key); !erased) return erased.error();
  }
  if (auto committed = (*batch)->commit(); !committed) return committed.error();
  return keys.size();
}

Result<bool> Generations::sweep(std::size_t most, std::int64_t now) {
  auto found = garbage(now);
  if (!found) return found.error();
  for (auto& [generation, record] : *found) {
    if (!may_delete(generation)) continue;
    if (record.state != GenerationRecord::State::kDeleting) {
      record.state = GenerationRecord::State::kDeleting;
      auto put = store_.put(Shelf::kListings, generation_key(generation), encode(record));
      if (!put) return put.error();
    }
    std::error_code ignored;
    std::filesystem::remove(partial_path(generation), ignored);
    std::filesystem::remove(result_path(generation), ignored);
    remove_exports(result_path(generation));
    for (const Shelf shelf : {Shelf::kEntries, Shelf::kNames, Shelf::kRows}) {
      auto erased = erase_some(shelf, generation, most);
      if (!erased) return erased.error();
      most -= *erased;
      if (most == 0) return true;
    }
    auto batch = store_.batch();
    if (!batch) return batch.error();
    (void)(*batch)->erase(Shelf::kListings, columns_key(generation));
    (void)(*batch)->erase(Shelf::kListings, generation_key(generation));
    if (auto committed = (*batch)->commit(); !committed) return committed.error();
    state_.lock()->deleting.erase(generation);
  }
  return false;
}

std::filesystem::path Generations::result_path(const Generation& generation) const {
  return results_dir_ / (generation_id(generation) + ".vot");
}

std::filesystem::path Generations::partial_path(const Generation& generation) const {
  return results_dir_ / (generation_id(generation) + ".vot.part");
}

}  // namespace esofs::cache
