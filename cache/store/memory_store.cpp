#include "cache/store/memory_store.h"

#include <cerrno>
#include <utility>
#include <vector>

#include "cache/store/records.h"

namespace esofs::cache {
namespace {

constexpr std::uint64_t kNodeBytes = 112;  // of a map node with two strings, besides their text
constexpr std::size_t kChunk = 512;        // records copied under one lock

std::size_t index(Shelf shelf) { return static_cast<std::size_t>(shelf); }

}  // namespace

Result<std::optional<std::string>> MemoryStore::get(Shelf shelf, std::string_view key) {
  auto contents = contents_.lock();
  const auto& records = contents->shelves[index(shelf)];
  const auto found = records.find(key);
  if (found == records.end()) return std::optional<std::string>();
  return std::optional<std::string>(found->second);
}

Result<void> MemoryStore::put(Shelf shelf, std::string_view key, std::string_view value) {
  auto contents = contents_.lock();
  auto& records = contents->shelves[index(shelf)];
  const auto old = records.find(key);
  const std::uint64_t freed = old == records.end() ? 0 : key.size() + old->second.size() + kNodeBytes;
  const std::uint64_t bytes = contents->bytes - freed + key.size() + value.size() + kNodeBytes;
  if (bytes > most_bytes_) return Error(ENOSPC, "a listing is too large for memory");
  contents->bytes = bytes;
  records.insert_or_assign(std::string(key), std::string(value));
  return {};
}

Result<void> MemoryStore::erase(Shelf shelf, std::string_view key) {
  auto contents = contents_.lock();
  auto& records = contents->shelves[index(shelf)];
  if (const auto found = records.find(key); found != records.end()) {
    contents->bytes -= found->first.size() + found->second.size() + kNodeBytes;
    records.erase(found);
  }
  return {};
}

// What lives in memory only needs no all or none.
Result<void> MemoryStore::put_all(const std::vector<Record>& records) {
  for (const auto& record : records) {
    if (auto kept = put(record.shelf, record.key, record.value); !kept) return kept;
  }
  return {};
}

Result<void> MemoryStore::scan(Shelf shelf, std::string_view from, const Visit& visit) {
  std::string at(from);
  for (;;) {
    std::vector<std::pair<std::string, std::string>> chunk;
    {
      auto contents = contents_.lock();
      const auto& records = contents->shelves[index(shelf)];
      for (auto record = records.lower_bound(at); record != records.end() && chunk.size() < kChunk; ++record)
        chunk.push_back(*record);
    }
    for (const auto& [key, value] : chunk) {
      if (!visit(key, value)) return {};
    }
    if (chunk.size() < kChunk) return {};
    at = chunk.back().first + '\0';
  }
}

Result<std::vector<std::uint64_t>> MemoryStore::number(Shelf shelf, const std::vector<std::string>& keys,
                                                       std::uint64_t first) {
  auto giving = numbering_.lock();
  std::vector<std::uint64_t> numbers;
  for (const auto& key : keys) {
    const auto known = get(shelf, key);
    const auto record = known && *known ? decode<NumberRecord>(**known) : std::nullopt;
    if (!record) {
      auto& next = giving->try_emplace(shelf, first).first->second;
      if (auto kept = put(shelf, key, encode(NumberRecord{next})); !kept) return kept.error();
      numbers.push_back(next++);
    } else {
      numbers.push_back(record->number);
    }
  }
  return numbers;
}

// Writes at once: nothing that lives in memory only needs all or none.
class MemoryStore::DirectBatch final : public MetadataStore::Batch {
 public:
  explicit DirectBatch(MemoryStore& store) : store_(store) {}
  Result<void> put(Shelf shelf, std::string_view key, std::string_view value) override {
    return store_.put(shelf, key, value);
  }
  Result<void> erase(Shelf shelf, std::string_view key) override { return store_.erase(shelf, key); }
  Result<std::optional<std::string>> get(Shelf shelf, std::string_view key) override {
    return store_.get(shelf, key);
  }
  Result<void> commit() override { return {}; }

 private:
  MemoryStore& store_;
};

Result<std::unique_ptr<MetadataStore::Batch>> MemoryStore::batch() {
  return std::unique_ptr<Batch>(std::make_unique<DirectBatch>(*this));
}

}  // namespace esofs::cache
