#include "fs/kernel/inode_table.h"

#include <string_view>
#include <utility>

#include "cache/store/inode_numbers.h"
#include "client/base/hash.h"

namespace esofs::fs {
namespace {

constexpr std::uint64_t kMask = (1ULL << 62U) - 1;
constexpr std::uint64_t kSmallMask = cache::InodeNumbers::kSmall;
constexpr std::string_view kTextOfQuery = "text:query:";
constexpr std::size_t kMostPaths = 1U << 16U;
constexpr std::size_t kMostPathsOfOne = 4;

// The numbers are seen by users' backups: never change this.
std::uint64_t identity_hash(const std::string& identity) { return mixed(fnv1a(identity)); }

// The texts of queries have small numbers: `rm -r` of GNU removes the files of a long directory in the order of their numbers,
// and only when query.adql has gone may the others go.
std::uint64_t number_from(std::uint64_t hash, const std::string& identity) {
  return hash & (identity.starts_with(kTextOfQuery) ? kSmallMask : kMask);
}

}  // namespace

std::uint64_t usual_number(const std::string& identity) {
  return number_from(identity_hash(identity), identity);
}

InodeTable::InodeTable(NodePtr root, Hash hash) : hash_(hash ? std::move(hash) : Hash(identity_hash)) {
  std::string identity = root->identity();
  auto tables = tables_.lock();
  tables->numbers.emplace(identity, kRootInode);
  Record& record = tables->records[kRootInode];
  record.everybodys.node = std::move(root);
  record.identity = std::move(identity);
  record.lookups = 1;
}

std::uint64_t InodeTable::free_number(const Tables& tables, const std::string& identity) const {
  std::uint64_t ino = number_from(hash_(identity), identity);
  while (ino <= kRootInode || tables.records.contains(ino)) ino = (ino + 1) & kMask;
  return ino;
}

InodeTable::Face& InodeTable::face(Record& record, Owner owner) {
  return owner ? record.own[*owner] : record.everybodys;
}

const InodeTable::Face& InodeTable::shown_to(const Record& record, Owner user) {
  if (!user || record.own.empty()) return record.everybodys;
  const auto own = record.own.find(*user);
  return own == record.own.end() ? record.everybodys : own->second;
}

InodeTable::Referenced InodeTable::reference(const NodePtr& node, Owner owner) {
  std::string identity = node->identity();
  std::uint64_t ino = 0;
  NodePtr known;
  bool several = false;  // paths
  {
    auto tables = tables_.lock();
    auto found = tables->numbers.find(identity);
    if (found == tables->numbers.end()) {
      ino = free_number(*tables, identity);
      tables->numbers.emplace(identity, ino);
      Record& record = tables->records[ino];
      face(record, owner).node = node;
      record.identity = std::move(identity);
      record.lookups = 1;
      return {ino, node};
    }
    ino = found->second;
    Record& record = tables->records.at(ino);
    ++record.lookups;
    Face& seen = face(record, owner);
    if (!seen.node) {
      seen.node = node;
      return {ino, node};
    }
    known = seen.node;
    several = !seen.paths.empty();
  }
  if (several || known->path() != node->path()) keep_path(ino, owner, *known, *node);
  return {ino, keep_better(ino, owner, std::move(known), node)};
}

void InodeTable::keep_path(std::uint64_t ino, Owner owner, const Node& known, const Node& node) {
  std::string before = known.path();
  std::string now = node.path();
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  if (record == tables->records.end()) return;
  auto& paths = face(record->second, owner).paths;
  if (paths.empty()) paths.push_back(std::move(before));
  std::erase(paths, now);
  paths.insert(paths.begin(), std::move(now));
  if (paths.size() > kMostPathsOfOne) paths.pop_back();
}

std::vector<std::string> InodeTable::paths(std::uint64_t ino, Owner user) const {
  NodePtr node;
  {
    auto tables = tables_.lock();
    auto record = tables->records.find(ino);
    if (record == tables->records.end()) return {};
    const Face& shown = shown_to(record->second, user);
    if (!shown.paths.empty()) return shown.paths;
    node = shown.node;
  }
  if (!node) return {};
  return {node->path()};
}

// The node that is in the table then. Asks the nodes without the lock: what they know may be decided by a disk that hangs.
NodePtr InodeTable::keep_better(std::uint64_t ino, Owner owner, NodePtr known, const NodePtr& node) {
  while (known != node) {
    const Knowledge before = known->knowledge();
    const Knowledge now = node->knowledge();
    if (now < before || (now == before && !now.renewed)) break;
    NodePtr other;
    {
      auto tables = tables_.lock();
      auto record = tables->records.find(ino);
      if (record == tables->records.end()) return node;
      NodePtr& kept = face(record->second, owner).node;
      if (!kept || kept == known) {
        kept = node;
        return node;
      }
      other = kept;  // another thread was faster
    }
    known = std::move(other);
  }
  return known;
}

std::uint64_t InodeTable::number(const Node& node) const {
  const std::string identity = node.identity();
  auto tables = tables_.lock();
  auto known = tables->numbers.find(identity);
  return known != tables->numbers.end() ? known->second : free_number(*tables, identity);
}

NodePtr InodeTable::find(std::uint64_t ino, Owner user) const {
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  return record == tables->records.end() ? nullptr : shown_to(record->second, user).node;
}

bool InodeTable::is_private(std::uint64_t ino, uid_t user) const {
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  return record != tables->records.end() && record->second.own.contains(user);
}

void InodeTable::forget(std::uint64_t ino, std::uint64_t count) {
  Record gone;
  {
    auto tables = tables_.lock();
    auto record = tables->records.find(ino);
    if (record == tables->records.end() || ino == kRootInode) return;
    record->second.lookups -= count < record->second.lookups ? count : record->second.lookups;
    if (record->second.lookups > 0) return;
    gone = std::move(record->second);
    tables->numbers.erase(gone.identity);
    tables->records.erase(record);
  }
  NodePtr last = gone.everybodys.node;
  for (const auto& [user, own] : gone.own) last = last ? last : own.node;
  if (!last) return;
  std::string path = last->path();
  auto paths = paths_.lock();
  if (!paths->by_number.insert_or_assign(ino, std::move(path)).second) return;
  paths->oldest_first.push_back(ino);
  if (paths->oldest_first.size() <= kMostPaths) return;
  paths->by_number.erase(paths->oldest_first.front());
  paths->oldest_first.pop_front();
}

std::optional<std::string> InodeTable::path_of_forgotten(std::uint64_t ino) const {
  auto paths = paths_.lock();
  const auto path = paths->by_number.find(ino);
  return path == paths->by_number.end() ? std::nullopt : std::optional(path->second);
}

std::size_t InodeTable::size() const { return tables_.lock()->records.size(); }

void InodeTable::publish(std::uint64_t ino, Attributes& attributes) {
  auto tables = tables_.lock();
  auto found = tables->records.find(ino);
  if (found == tables->records.end()) return;
  Record& record = found->second;
  if (!attributes.exact && record.open_size) {
    attributes.size = *record.open_size;
    attributes.exact = true;
  }
  record.published = true;
  record.published_size = attributes.size;
  record.published_exact = attributes.exact;
  if (!attributes.exact) ++record.wrong_sizes;
}

void InodeTable::drop_wrong_size(std::uint64_t ino, const std::function<void()>& drop) {
  std::uint64_t wrong = 0;
  {
    auto tables = tables_.lock();
    const auto record = tables->records.find(ino);
    if (record == tables->records.end()) return;
    wrong = record->second.wrong_sizes;
    if (wrong == record->second.dropped_sizes) return;
  }
  drop();
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  if (record != tables->records.end()) record->second.dropped_sizes = wrong;
}

bool InodeTable::overlaid(std::uint64_t ino) {
  auto tables = tables_.lock();
  auto found = tables->records.find(ino);
  if (found == tables->records.end()) return false;
  Record& record = found->second;
  record.overlaid = true;
  if (record.published && record.published_exact) record.shown_size = record.published_size;
  return record.published && !record.published_exact;
}

bool InodeTable::is_overlaid(std::uint64_t ino) const {
  auto tables = tables_.lock();
  const auto record = tables->records.find(ino);
  return record != tables->records.end() && record->second.overlaid;
}

void InodeTable::shown(std::uint64_t ino, std::uint64_t size) {
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  if (record != tables->records.end()) record->second.shown_size = size;
}

std::int64_t InodeTable::settled_mtime(std::uint64_t ino, std::int64_t mtime, std::int64_t now) {
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  if (record == tables->records.end()) return mtime;
  auto& settled = record->second;
  const bool changed_since = mtime > settled.settled_at && settled.open_handles == 0;
  if (!settled.mtime || (changed_since && mtime != *settled.mtime)) {
    settled.mtime = mtime;
    settled.settled_at = now;
  }
  return *settled.mtime;
}

InodeTable::Opening InodeTable::opened(std::uint64_t ino, const std::string& version, std::uint64_t size) {
  auto tables = tables_.lock();
  auto found = tables->records.find(ino);
  if (found == tables->records.end()) return {false, false, true};
  Record& record = found->second;
  const bool others = record.open_handles++ > 0;
  if (record.published && record.published_exact && record.published_size != size) ++record.wrong_sizes;
  record.published_size = size;
  const bool stale = record.wrong_sizes != record.dropped_sizes;
  if (const auto shown = std::exchange(record.shown_size, std::nullopt); shown && *shown != size)
    return {false, false, true, true};
  if (version.empty()) return {false, false, stale};
  record.open_size = size;
  if (record.version == version || record.version.empty()) {
    record.version = version;
    return {true, false, stale};
  }
  if (others) {
    record.bypassed = true;
    return {true, true, stale};  // dropping the older pages would wait for reads of them that hang
  }
  record.version = version;  // the kernel drops the old pages when it sees an open without keep_cache
  return {false, false, stale};
}

bool InodeTable::first_decline(std::uint64_t ino) {
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  if (record == tables->records.end() || record->second.bypassed) return false;
  return !std::exchange(record->second.declined, true);
}

void InodeTable::closed(std::uint64_t ino) {
  auto tables = tables_.lock();
  auto record = tables->records.find(ino);
  if (record == tables->records.end() || record->second.open_handles == 0) return;
  if (--record->second.open_handles == 0) record->second.open_size.reset();
}

}  // namespace esofs::fs
