#include "cache/content/disk/segment_store.h"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <unordered_set>
#include <utility>

#include "client/base/descriptors.h"

namespace esofs::cache {
namespace {

constexpr std::size_t kMostOpen = 128;                        // segments held open
constexpr std::int64_t kNanosecond = 1'000'000'000;           // of a second
constexpr std::int64_t kRestAfterFailure = 30 * kNanosecond;  // how long a disk that failed is skipped
constexpr std::int64_t kMarkEvery = 60 * kNanosecond;   // a time of use is as exact as this after a restart
constexpr std::uint64_t kScansPerQuota = 16;            // scans for others' segments while a quota is put
constexpr std::int64_t kLeftover = 3600 * kNanosecond;  // a .tmp file of this age has no writer any more

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string name_of(const ContentKey& key, std::uint64_t segment) {
  return key.hex() + "-" + std::to_string(segment);
}

}  // namespace

SegmentStore::SegmentStore(Config config) : config_(std::move(config)) {
  std::error_code error;
  std::filesystem::create_directories(config_.directory / "segments", error);
  if (error) failed(Error(error.value(), "making " + config_.directory.string() + ": " + error.message()));
  if (!config_.scan_in_background) return;
  scanner_ = std::jthread([this](const std::stop_token& stop) {
    pthread_setname_np(pthread_self(), "cache-scan");
    scan_for_ever(stop);
  });
}

SegmentStore::~SegmentStore() = default;

std::filesystem::path SegmentStore::path_of(const std::string& name) const {
  return config_.directory / "segments" / name.substr(0, 2) / name;
}

// --- the disk's state ---

bool SegmentStore::usable() const { return disk_.lock()->off_until <= now_ns(); }

void SegmentStore::failed(const Error& error) {
  bool first = false;
  {
    auto disk = disk_.lock();
    if (!out_of_descriptors(error.code())) disk->off_until = now_ns() + kRestAfterFailure;
    first = !std::exchange(disk->told, true);
  }
  if (first) spdlog::warn("the cache on disk is not used for now: {}", error.what());
}

// True if `more_bytes` may be written without going below the floor of free space.
bool SegmentStore::has_room(std::uint64_t more_bytes) {
  {
    auto disk = disk_.lock();
    disk->unchecked += more_bytes;
    if (disk->looked && disk->unchecked < kRoom) return true;
    disk->looked = true;
    disk->unchecked = 0;
  }
  struct statvfs state {};
  if (::statvfs(config_.directory.c_str(), &state) != 0) {
    const int code = errno;
    failed(Error(code, "looking at the free space: " + std::system_category().message(code)));
    return false;
  }
  const std::uint64_t free = static_cast<std::uint64_t>(state.f_bavail) * state.f_frsize;
  const std::uint64_t wanted = config_.reserve_bytes + kRoom;
  if (free >= wanted) {
    disk_.lock()->told = false;
    return true;
  }
  if (evict(wanted - free, &Evicted::for_room) > 0) return true;
  disk_.lock()->looked = false;
  failed(Error(ENOSPC, "the disk of " + config_.directory.string() + " is nearly full"));
  return false;
}

// --- segments ---

std::shared_ptr<SegmentFile> SegmentStore::find(const ContentKey& key, std::uint64_t segment) {
  const std::string name = name_of(key, segment);
  {
    auto open = open_.lock();
    const auto at = open->by_name.find(name);
    if (at != open->by_name.end()) {
      open->by_use.splice(open->by_use.begin(), open->by_use, at->second);
      return at->second->file;
    }
  }
  auto found = SegmentFile::open(path_of(name), key, segment);
  if (!found && out_of_descriptors(found.error().code()) && close_all())
    found = SegmentFile::open(path_of(name), key, segment);
  if (!found) {
    failed(found.error());
    return nullptr;
  }
  if (!*found) {
    auto eviction = eviction_.lock();
    eviction->gone(name);
    bytes_ = eviction->bytes();
    return nullptr;
  }
  auto file = std::make_shared<SegmentFile>(std::move(**found));
  remember_open(name, file);
  return file;
}

std::shared_ptr<SegmentFile> SegmentStore::find_or_make(const ContentKey& key, std::uint64_t segment) {
  const std::string name = name_of(key, segment);
  if (auto file = find(key, segment)) {
    if (!file->removed()) return file;
    close(name);  // evicted by another process
  }
  auto made = SegmentFile::create(path_of(name), key, segment);
  if (!made && out_of_descriptors(made.error().code()) && close_all())
    made = SegmentFile::create(path_of(name), key, segment);
  if (!made) {
    failed(made.error());
    return nullptr;
  }
  auto file = std::make_shared<SegmentFile>(std::move(*made));
  remember_open(name, file);
  if (!eviction_.lock()->knows(name)) used(name, kChunksOffset);
  return file;
}

void SegmentStore::remember_open(const std::string& name, const std::shared_ptr<SegmentFile>& file) {
  std::list<OpenSegment> closed;  // outlives the lock
  auto open = open_.lock();
  if (open->by_name.contains(name)) return;
  open->by_use.push_front({name, file, 0});
  open->by_name[name] = open->by_use.begin();
  if (open->by_use.size() <= kMostOpen) return;
  open->by_name.erase(open->by_use.back().name);
  closed.splice(closed.begin(), open->by_use, std::prev(open->by_use.end()));
}

void SegmentStore::close(const std::string& name) {
  std::list<OpenSegment> closed;
  auto open = open_.lock();
  const auto at = open->by_name.find(name);
  if (at == open->by_name.end()) return;
  closed.splice(closed.begin(), open->by_use, at->second);
  open->by_name.erase(at);
}

bool SegmentStore::close_all() {
  std::list<OpenSegment> closed;
  auto open = open_.lock();
  closed.swap(open->by_use);
  open->by_name.clear();
  return !closed.empty();
}

void SegmentStore::used(const std::string& name, std::uint64_t more_bytes) {
  const std::int64_t now = now_ns();
  {
    auto eviction = eviction_.lock();
    eviction->used(name, more_bytes, now);
    bytes_ = eviction->bytes();
  }
  std::shared_ptr<SegmentFile> to_mark;
  {
    auto open = open_.lock();
    const auto at = open->by_name.find(name);
    if (at == open->by_name.end() || now - at->second->marked_at < kMarkEvery) return;
    at->second->marked_at = now;
    to_mark = at->second->file;
  }
  to_mark->mark_used();
}

// --- chunks ---

Chunk SegmentStore::get(const ContentKey& key, std::uint64_t index) {
  if (!usable()) return nullptr;
  const std::uint64_t segment = index / kChunksPerSegment;
  const auto file = find(key, segment);
  if (!file) return nullptr;
  auto chunk = file->read(index % kChunksPerSegment);
  if (!chunk) {
    failed(chunk.error());
    return nullptr;
  }
  if (*chunk) used(name_of(key, segment), 0);
  return *chunk;
}

bool SegmentStore::put(const ContentKey& key, std::uint64_t index, ChunkBytes bytes) {
  return put(key, index, std::span(&bytes, 1));
}

bool SegmentStore::put(const ContentKey& key, std::uint64_t first, std::span<const ChunkBytes> chunks) {
  std::uint64_t bytes = 0;
  for (const auto& chunk : chunks) bytes += chunk.size();
  if (bytes == 0 || key.text().size() > kMostKeyBytes || !usable() || !has_room(bytes)) return false;
  while (!chunks.empty()) {
    const std::uint64_t segment = first / kChunksPerSegment;
    const std::uint64_t room = kChunksPerSegment - first % kChunksPerSegment;
    const auto part = chunks.first(std::min<std::size_t>(chunks.size(), room));
    const auto file = find_or_make(key, segment);
    if (!file) return false;
    auto added = file->write(first % kChunksPerSegment, part);
    if (!added) {
      failed(added.error());
      return false;
    }
    used(name_of(key, segment), *added);
    keep_quota();
    count_put(*added);
    first += part.size();
    chunks = chunks.subspan(part.size());
  }
  return true;
}

std::vector<bool> SegmentStore::present(const ContentKey& key, std::uint64_t first, std::uint64_t count) {
  std::vector<bool> here(count, false);
  if (!usable()) return here;
  for (std::uint64_t at = first; at < first + count;) {
    const std::uint64_t segment = at / kChunksPerSegment;
    const std::uint64_t end = std::min(first + count, (segment + 1) * kChunksPerSegment);
    const auto file = find(key, segment);
    const auto present = file ? file->present() : Result<SegmentFile::Present>(SegmentFile::Present());
    for (; at < end; ++at) here[at - first] = present && (*present)[at % kChunksPerSegment];
  }
  return here;
}

bool SegmentStore::complete(const ContentKey& key, std::uint64_t size) {
  const std::uint64_t chunks = chunk_count(size);
  for (std::uint64_t first = 0; first < chunks; first += kChunksPerSegment) {
    const auto here = present(key, first, std::min(kChunksPerSegment, chunks - first));
    if (std::find(here.begin(), here.end(), false) != here.end()) return false;
  }
  return true;
}

std::uint64_t SegmentStore::cached_bytes(const ContentKey& key, std::uint64_t size) {
  return std::min(size, eviction_.lock()->content_bytes(key.hex()));
}

void SegmentStore::forget(const ContentKey& key) {
  const std::string prefix = key.hex() + "-";
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path_of(prefix).parent_path(), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix)) names.push_back(name);
  }
  remove(names);
}

// --- eviction ---

std::shared_ptr<void> SegmentStore::pin(const ContentKey& key) {
  ++(*pins_->lock())[key.hex()];
  const auto unpin = [pins = pins_, hash = key.hex()](void*) {
    auto held = pins->lock();
    const auto at = held->find(hash);
    if (--at->second == 0) held->erase(at);
  };
  return {static_cast<void*>(pins_.get()), unpin};
}

void SegmentStore::remove(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    close(name);
    ::unlink(path_of(name).c_str());
  }
  auto eviction = eviction_.lock();
  for (const auto& name : names) eviction->gone(name);
  bytes_ = eviction->bytes();
}

std::uint64_t SegmentStore::evict(std::uint64_t bytes, Evicted::Count Evicted::*why) {
  const Pins pins = *pins_->lock();
  const auto spared = [&](const std::string& name) { return pins.contains(name.substr(0, 32)); };
  std::vector<std::string> names;
  std::uint64_t before = 0;
  {
    auto eviction = eviction_.lock();
    before = eviction->bytes();
    names = eviction->victims(bytes, spared);
  }
  remove(names);
  const std::uint64_t after = bytes_;
  const std::uint64_t freed = before > after ? before - after : 0;
  (*evicted_.lock()).*why += {names.size(), freed};
  return freed;
}

// Evicts a little more than needed, so that not every chunk evicts.
void SegmentStore::keep_quota() {
  const std::uint64_t bytes = bytes_;
  if (bytes <= config_.max_bytes) return;
  evict(bytes - config_.max_bytes + config_.max_bytes / 50, &Evicted::for_quota);
}

void SegmentStore::scan_folder(const std::filesystem::path& folder, std::vector<std::string>& found) {
  std::error_code error;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    struct stat state {};
    if (::stat(entry->path().c_str(), &state) != 0 || !S_ISREG(state.st_mode)) continue;
    const std::int64_t used_at = state.st_mtim.tv_sec * kNanosecond + state.st_mtim.tv_nsec;
    std::string name = entry->path().filename().string();
    if (name.ends_with(".tmp")) {
      if (now_ns() - used_at > kLeftover) ::unlink(entry->path().c_str());
      continue;
    }
    if (name.size() < 34 || name[32] != '-' || name.substr(0, 2) != folder.filename()) continue;
    auto eviction = eviction_.lock();
    eviction->found(name, static_cast<std::uint64_t>(state.st_blocks) * 512, used_at);
    bytes_ = eviction->bytes();
    found.push_back(std::move(name));
  }
}

// What cache/content/forms/unpack.cpp could not remove, because it was killed in that moment.
void SegmentStore::remove_leftovers() const {
  std::error_code error;
  std::filesystem::directory_iterator entry(config_.directory, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    struct stat state {};
    if (!entry->path().filename().string().starts_with("unpack-")) continue;
    if (::stat(entry->path().c_str(), &state) != 0) continue;
    if (now_ns() - state.st_mtim.tv_sec * kNanosecond < 24 * kLeftover) continue;
    std::error_code ignored;
    std::filesystem::remove_all(entry->path(), ignored);
  }
}

void SegmentStore::scan_for_ever(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    scan(stop);
    std::unique_lock lock(scan_mutex_);
    scan_wanted_.wait(lock, stop, [this] { return put_since_scan_ > config_.max_bytes / kScansPerQuota; });
    put_since_scan_ = 0;
  }
}

void SegmentStore::count_put(std::uint64_t bytes) {
  {
    const std::lock_guard lock(scan_mutex_);
    put_since_scan_ += bytes;
    if (put_since_scan_ <= config_.max_bytes / kScansPerQuota) return;
  }
  scan_wanted_.notify_one();
}

void SegmentStore::scan(const std::stop_token& stop) {
  const auto known = eviction_.lock()->names();
  std::vector<std::string> found;
  std::error_code error;
  std::filesystem::directory_iterator folder(config_.directory / "segments", error);
  for (; !error && folder != std::filesystem::directory_iterator(); folder.increment(error)) {
    if (stop.stop_requested()) return;
    scan_folder(folder->path(), found);
  }
  if (error) return;
  remove_leftovers();
  const std::unordered_set<std::string> here(found.begin(), found.end());
  {
    auto eviction = eviction_.lock();
    for (const auto& name : known) {
      if (!here.contains(name)) eviction->gone(name);  // evicted by another process
    }
    bytes_ = eviction->bytes();
  }
  keep_quota();
}

}  // namespace esofs::cache
